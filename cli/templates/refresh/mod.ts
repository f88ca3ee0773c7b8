/** Keeps the rows of the prompt while the canvas is filled. */
export { keptPrompt, type KeptPromptOptions } from "./kept-prompt.ts"
export { plugin } from "./plugin.ts"
