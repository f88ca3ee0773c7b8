import { plugin as aded } from "@parade/aded"
import { draftsForSmolLM2 } from "./_testing.ts"
import { adedTable } from "./mod.ts"

const drafter = { use: "@parade/aded", with: { source: adedTable } }

draftsForSmolLM2(aded, drafter, { of: "another model", code: "draft.vocabulary-mismatch" })
