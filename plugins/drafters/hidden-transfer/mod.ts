/** Hidden Transfer: pseudo states of tokens to come enter the target in the middle. */
export { chooseTree, type PseudoTree, type TreeLimits } from "./choose-tree.ts"
export { HiddenTransferConfig } from "./config.ts"
export { hiddenTransfer } from "./drafter.ts"
export { type MapsFile, readMaps, type TransferMaps, writeMaps } from "./maps.ts"
export { plugin } from "./plugin.ts"
