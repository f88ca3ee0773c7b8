import { plugin as hiddenTransfer } from "@parade/hidden-transfer"
import { draftsForSmolLM2 } from "./_testing.ts"
import { hiddenTransferMaps } from "./mod.ts"

const drafter = { use: "@parade/hidden-transfer", with: { source: hiddenTransferMaps, layer: 15 } }

draftsForSmolLM2(hiddenTransfer, drafter, { of: "a model of fewer layers", code: "model.unknown-cut" })
