/** The contract of recipes, and what they share: sources of tokens, mixtures, chats, and the n-gram baseline. */
export * from "./chat-format.ts"
export * from "./error.ts"
export * from "./mixture.ts"
export * from "./ngram.ts"
export * from "./recipe.ts"
export * from "./source.ts"
export * from "./stream-source.ts"
export * from "./task-source.ts"
