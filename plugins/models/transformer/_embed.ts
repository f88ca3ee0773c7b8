import type { DeviceError, Model } from "@parade/core"
import { ModelError } from "@parade/core"
import { GraphBuilder, tensor } from "@parade/graph"
import type { Tensor } from "@parade/graph"
import * as Effect from "effect/Effect"
import { Scope } from "effect/Scope"
import type { Parts } from "./assemble.ts"
import { embeddingRows } from "./_build-graph.ts"
import type { ModelWeights } from "./_model-weights.ts"
import { compileChecked, typed } from "./_typed.ts"

/** Looks up embedding rows by a graph of their own, compiled when first asked for: few pipelines need it. */
export const makeEmbed = (parts: Parts, weights: ModelWeights): Effect.Effect<Model["embed"], never, Scope> =>
  Effect.gen(function* () {
    const { architecture, device } = parts
    const scope = yield* Effect.scope
    const graph = typed(() => {
      const g = new GraphBuilder(`${architecture.name}-embedding`, {
        kind: device.lowering,
        without: device.without,
      })
      g.output("rows", embeddingRows(g, architecture, weights, g.input("tokens", "int64", ["T"])))
      return g.build()
    })
    const program = yield* graph.pipe(
      Effect.flatMap((built) => compileChecked(device, built, { keep: parts.keep === true })),
      Effect.mapError((error) =>
        error._tag === "DeviceError" || error._tag === "ModelError"
          ? error
          : new ModelError({
              code: error.code,
              message: error.message,
              advice: error.advice,
              path: error.path,
              fault: error.fault,
              cause: error,
            }),
      ),
      Effect.provideService(Scope, scope),
      Effect.cached,
    )
    return (tokens) =>
      Effect.gen(function* () {
        for (let i = 0; i < tokens.length; i++)
          if (!(tokens[i]! >= 0 && tokens[i]! < architecture.vocabulary))
            return yield* Effect.fail<ModelError | DeviceError>(
              new ModelError({
                code: "model.unknown-token",
                message: `Token ${tokens[i]} is not among the ${architecture.vocabulary} of the vocabulary.`,
              }),
            )
        const ids = BigInt64Array.from(tokens, BigInt)
        const compiled = yield* program
        const { rows } = yield* compiled.run({ tokens: tensor("int64", [ids.length], ids) }, [
          { name: "rows" },
        ])
        return Float32Array.from((rows as Tensor<"float32">).data)
      })
  })
