/** All of a canvas is open at once. */
export { plugin } from "./plugin.ts"
export { wholeCanvas } from "./whole-canvas.ts"
