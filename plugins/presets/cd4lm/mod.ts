/** CD4LM: consistency distillation between nested mask levels, and what such models are decoded with. */
export { distilledPassages, type DistilledPassagesOptions } from "./distilled-passages.ts"
export { type MaskLevels, type NestedMasks, nestedMasks } from "./nested-masks.ts"
export { plugin } from "./plugin.ts"
export { recipe } from "./recipe.ts"
export { softShare } from "./soft-share.ts"
