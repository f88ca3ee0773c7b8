/** What recipes of trained drafters share. */
export * from "./anchors.ts"
export * from "./draft-vocabulary.ts"
export * from "./guesses.ts"
export * from "./own-texts.ts"
export * from "./recipe-slots.ts"
export * from "./temperature.ts"
export * from "./train-on-texts.ts"
export * from "./text-settings.ts"
