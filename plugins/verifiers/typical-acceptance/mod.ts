/** A verifier that accepts what is typical of the target, by its entropy. */
export { plugin, TypicalAcceptanceConfig } from "./plugin.ts"
export { typicalAcceptance, type TypicalAcceptanceOptions, typicalThreshold } from "./typical-acceptance.ts"
