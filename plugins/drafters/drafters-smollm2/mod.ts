/** Where the trained parts for SmolLM2-135M-Instruct are, as drafters' `source` names them. */

/** Heads for `@parade/medusa`. */
export const medusaHeads = "npm:@parade/drafters-smollm2/medusa"

/** Maps for `@parade/hidden-transfer`, of layer 15. */
export const hiddenTransferMaps = "npm:@parade/drafters-smollm2/hidden-transfer"

/** Prompt tokens for `@parade/ppd`. */
export const ppdPrompts = "npm:@parade/drafters-smollm2/ppd"

/** Tri-grams for `@parade/aded`. */
export const adedTable = "npm:@parade/drafters-smollm2/aded"
