/** Chimera: one block over trigrams and all of the target's last hidden states drafts a tree. */
export { ChimeraConfig } from "./config.ts"
export { chimera, type ChimeraParts } from "./drafter.ts"
export { plugin } from "./plugin.ts"
export {
  type ChimeraFile,
  type ChimeraWeights,
  readChimera,
  type Weights,
  type Without,
  writeChimera,
} from "./weights.ts"
