import { test } from "node:test"
import { taskSuite } from "@parade/test"
import { instructionsTask } from "./mod.ts"

taskSuite(test, instructionsTask)
