/** Gradients of graphs, by reverse-mode differentiation. */
export * from "./custom-gradient.ts"
export * from "./gradients.ts"
