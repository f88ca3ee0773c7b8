import { plugin as ppd } from "@parade/ppd"
import { draftsForSmolLM2 } from "./_testing.ts"
import { ppdPrompts } from "./mod.ts"

const drafter = { use: "@parade/ppd", with: { source: ppdPrompts } }

draftsForSmolLM2(ppd, drafter, { of: "another model", code: "draft.vocabulary-mismatch" })
