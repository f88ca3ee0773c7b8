/** What recipes share that train an autoregressive checkpoint further to fill in masks. */
export * from "./adapt.ts"
export * from "./adapted-checkpoint.ts"
export * from "./loss-graph.ts"
export * from "./noisy-sequence.ts"
export * from "./passages.ts"
export * from "./settings.ts"
