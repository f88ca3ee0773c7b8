/** The recipe of TAD: distillation from a model's own trajectories. */
export { distilledStates, type DistilledStatesOptions, type TrajectoryState } from "./distilled-states.ts"
export { recipe } from "./recipe.ts"
export { recordTrajectories, type RecordOptions, shownPrompt } from "./record-trajectories.ts"
export { nearAndDistant, type NearAndDistant, statesOf, type Trajectory } from "./trajectory.ts"
