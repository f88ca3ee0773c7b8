/** The recipe of CD4LM: consistency distillation between nested mask levels. */
export { distilledPassages, type DistilledPassagesOptions } from "./distilled-passages.ts"
export { type MaskLevels, type NestedMasks, nestedMasks } from "./nested-masks.ts"
export { recipe } from "./recipe.ts"
export { softShare } from "./soft-share.ts"
