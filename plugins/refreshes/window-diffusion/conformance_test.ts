import { test } from "node:test"
import { refreshSuite, scheduleSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { windowRefresh, windowSchedule } from "./mod.ts"

scheduleSuite(test, Effect.succeed(windowSchedule({ active: 3 })))
scheduleSuite(test, Effect.succeed(windowSchedule({ active: 1000 })))
refreshSuite(test, Effect.succeed(windowRefresh({ window: 8, cycle: 4 })))
refreshSuite(test, Effect.succeed(windowRefresh({ window: 1, cycle: 1 })))
