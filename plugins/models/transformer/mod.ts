/** One decoder architecture for Llama-like checkpoints; its variations are data and its attention is a slot. */
export { readArchitecture, supportedArchitectures } from "./architectures.ts"
export { assemble, type Parts, type Tensors } from "./assemble.ts"
export { TransformerConfig } from "./config.ts"
export { freshTensors } from "./fresh-tensors.ts"
export { load, type LoadOptions } from "./load.ts"
export { transformer } from "./transformer.ts"
export { trainingGraph, type TrainingRequest } from "./training-graph.ts"
export { namedTensors, weightPlaces, type TensorPlaces } from "./weight-places.ts"
