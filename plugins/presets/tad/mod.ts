/** TAD: decoding in several open blocks, and distillation from a model's own trajectories. */
export { distilledStates, type DistilledStatesOptions, type TrajectoryState } from "./distilled-states.ts"
export { plugin } from "./plugin.ts"
export { recipe } from "./recipe.ts"
export { recordTrajectories, type RecordOptions, shownPrompt } from "./record-trajectories.ts"
export { nearAndDistant, type NearAndDistant, statesOf, type Trajectory } from "./trajectory.ts"
