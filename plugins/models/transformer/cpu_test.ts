import { referenceTests } from "./_reference-tests.ts"
import { temporaryCache } from "./_testing.ts"

temporaryCache()
referenceTests("cpu", 1e-5)
