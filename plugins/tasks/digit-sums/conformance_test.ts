import { test } from "node:test"
import { taskSuite } from "@parade/test"
import { digitSumsTask } from "./mod.ts"

taskSuite(test, digitSumsTask({ minDigits: 4, maxDigits: 4, base: 10, order: "drawn" }))
taskSuite(test, digitSumsTask({ minDigits: 3, maxDigits: 6, base: 4, order: "turned" }))
