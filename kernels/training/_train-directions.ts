import * as Effect from "effect/Effect"
import { directionTraining } from "./_directions.ts"
import { train } from "./train.ts"

/** For tests: `node _train-directions.ts FOLDER STEPS`, a process that can be killed. */
const [folder, steps] = process.argv.slice(2)
await Effect.runPromise(Effect.scoped(Effect.flatMap(directionTraining(folder!, Number(steps)), train)))
