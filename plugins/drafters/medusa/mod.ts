/** Medusa: heads on the target's last hidden state draft a tree. */
export { MedusaConfig } from "./config.ts"
export { medusa } from "./drafter.ts"
export { headRows, type HeadWeights } from "./head-graph.ts"
export { type MedusaHeads, readHeads, writeHeads } from "./heads.ts"
export { plugin } from "./plugin.ts"
