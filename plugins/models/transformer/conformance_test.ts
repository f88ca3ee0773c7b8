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
    // Cut between layers with and without a window, and where positions are added below.
    if (name === "gemma3" || name === "gpt2")
      modelSuite(
        test,
        open(folder, { outputs: ["argmax"], takesVectors: true, cuts: name === "gemma3" ? [1, 2] : [1] }),
      )
    if (name === "gemma3")
      modelSuite(
        test,
        open(folder, {
          device: "cpu",
          outputs: ["hidden.1", "hidden.final", "argmax", "readout"],
          takesVectors: true,
          lendsHead: true,
          cuts: [1, 2],
        }),
      )
  }
}
