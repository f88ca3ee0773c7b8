/** Where the trained parts for SmolLM2-135M-Instruct are, as drafters' `source` names them. */

/** Heads for `@parade/medusa`. */
export const medusaHeads = "npm:@parade/drafters-smollm2/medusa"
