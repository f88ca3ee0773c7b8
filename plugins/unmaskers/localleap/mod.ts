/** A lower threshold near very confident positions. */
export { localleap, type LocalLeapOptions } from "./localleap.ts"
export { plugin } from "./plugin.ts"
