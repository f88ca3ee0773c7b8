/** The recipe of dParallel: how models are distilled for certainty. */
export { blockMasks, type BlockMasks } from "./block-masks.ts"
export { certaintyFeeds, certaintyLoss, type CertaintyLoss, type OwnAnswer } from "./certainty-loss.ts"
export { ownAnswers } from "./own-answers.ts"
export { recipe } from "./recipe.ts"
