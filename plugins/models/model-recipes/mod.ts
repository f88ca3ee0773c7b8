/** What recipes of small language models share: settings, data, training, saving, and the model card. */
export * from "./answers.ts"
export * from "./card.ts"
export * from "./exercise-stream.ts"
export * from "./fingerprint.ts"
export * from "./saved-model.ts"
export * from "./settings.ts"
export * from "./text-and-tasks.ts"
export * from "./train-model.ts"
