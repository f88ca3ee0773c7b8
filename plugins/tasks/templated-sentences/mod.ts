/** Sentences of a small grammar, as a task. */
export { type SentenceOperation, TemplatedSentencesConfig } from "./config.ts"
export { plugin } from "./plugin.ts"
export { templatedSentencesTask } from "./templated-sentences.ts"
