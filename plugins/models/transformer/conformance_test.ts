import { test } from "node:test"
import { modelSuite } from "@parade/test"
import { sharedFolder, sharedOrSkip } from "@parade/test/shared"
import { open, temporaryCache } from "./_testing.ts"

temporaryCache()

// One of each way to see: everything, a window everywhere, windows by layer, positions by addition.
for (const name of ["llama", "mistral", "gemma3", "gpt2"]) {
  const folder = sharedFolder("fixtures", "tiny-hf", name)
  if (folder === undefined) test(`${name} conforms`, (t) => void sharedOrSkip(t, "fixtures", "tiny-hf", name))
  else {
    modelSuite(
      test,
      open(folder, { outputs: ["hidden.1", "hidden.final", "argmax"], takesVectors: true, lendsHead: true }),
    )
    if (name === "gemma3")
      modelSuite(
        test,
        open(folder, {
          device: "cpu",
          outputs: ["hidden.1", "hidden.final", "argmax", "readout"],
          takesVectors: true,
          lendsHead: true,
        }),
      )
  }
}
