/** dParallel: what models distilled for certainty are decoded with, and how they are distilled. */
export { blockMasks, type BlockMasks } from "./block-masks.ts"
export { certaintyFeeds, certaintyLoss, type CertaintyLoss, type OwnAnswer } from "./certainty-loss.ts"
export { ownAnswers } from "./own-answers.ts"
export { plugin } from "./plugin.ts"
export { recipe } from "./recipe.ts"
