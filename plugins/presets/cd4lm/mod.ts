/** CD4LM: what models distilled between nested mask levels are decoded with. */
export { plugin } from "./plugin.ts"
