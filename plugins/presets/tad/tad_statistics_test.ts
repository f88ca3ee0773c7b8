import { distilledStatistics } from "../_distilled-statistics.ts"
import { plugin } from "./mod.ts"

delete process.env["PARADE_MODEL"]

distilledStatistics(plugin, { use: "@parade/open-blocks", with: { length: 16 } })
