/** Conformance suites for plugins, exact tiny models, adversarial drafters and fault injection. */
export * from "./caches/naive_cache.ts"
export * from "./models/chain_model.ts"
export * from "./models/context_model.ts"
export * from "./models/memory_store.ts"
export * from "./models/null_model.ts"
export * from "./models/piece_tokenizer.ts"
export * from "./models/scripted_model.ts"
export * from "./models/table_model.ts"
