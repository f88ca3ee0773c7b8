import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { GraphBuilder, ops } from "@parade/graph"
import type { Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** A folder of the test's own, removed with the scope. */
export const temporaryFolder: Effect.Effect<string, never, Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "parade-onnx-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true })),
)

/** Runs an effect in a scope of its own. */
export const runScoped = <A, E>(effect: Effect.Effect<A, E, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

/** `y = x · w`, with w large enough to be kept beside the model; `count` says how often its bytes were made. */
export const productWithWeights = (
  scale = 1,
): { readonly graph: Graph; readonly made: { count: number } } => {
  const made = { count: 0 }
  const g = new GraphBuilder("product", { kind: "fused" })
  const w = g.initializer({
    name: "w",
    type: "float32",
    shape: [32, 32],
    identity: `test weights times ${scale}`,
    bytes: () => {
      made.count++
      return new Uint8Array(Float32Array.from({ length: 1024 }, (_, i) => (i % 33 === 0 ? scale : 0)).buffer)
    },
  })
  g.output("y", ops.matMul(g, g.input("x", "float32", ["T", 32]), w))
  return { graph: g.build(), made }
}
