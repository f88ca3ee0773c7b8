/** Window-Diffusion: a window of masked positions is computed, a buffer kept, the far tail left out. */
export { refresh, schedule } from "./plugin.ts"
export { windowRefresh, type WindowRefreshOptions } from "./window-refresh.ts"
export { windowSchedule, type WindowScheduleOptions } from "./window-schedule.ts"
