import { existsSync } from "node:fs"
import { test } from "node:test"
import { openDevice } from "@parade/onnx"
import * as Effect from "effect/Effect"
import { referenceTests } from "./_reference-tests.ts"
import { run, temporaryCache } from "./_testing.ts"

const software = "/usr/lib/chromium/vk_swiftshader_icd.json"
if (existsSync(software)) process.env["VK_ICD_FILENAMES"] ??= software
temporaryCache()

const absent = await run(
  Effect.match(openDevice("webgpu"), { onFailure: (error) => error.describe(), onSuccess: () => undefined }),
)
if (absent === undefined) referenceTests("webgpu", 1e-4, true)
else test("webgpu: checkpoints give their references", (t) => t.skip(absent))
