import { referenceTests } from "./_reference-tests.ts"

// The reference is fp32 too: what is left is the order of its sums.
referenceTests("reference", 2e-6)
