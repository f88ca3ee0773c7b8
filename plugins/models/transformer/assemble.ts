import { isMadeOfLogits, ModelError, namesTokens, readoutNames, reportTask } from "@parade/core"
import type { Model, ModelInfo, Tokenizer } from "@parade/core"
import { type Device, type Graph, type LinearRule, weightBytes } from "@parade/graph"
import type { Architecture, Attention } from "@parade/layers"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { buildGraph } from "./_build-graph.ts"
import { makeEmbed, makeHead } from "./_own-graphs.ts"
import { makeForward, type Piece } from "./_forward.ts"
import { familyOf, type LayerRange, rangesOf, rowLayout, windowsOf } from "./_layout.ts"
import { modelWeights } from "./_model-weights.ts"
import type { ModelWeights, Tensors } from "./_model-weights.ts"
import { compileChecked, typed } from "./_typed.ts"
import type { BuildFailure } from "./_typed.ts"

export type { Tensors } from "./_model-weights.ts"
export type { BuildFailure } from "./_typed.ts"

/** Places are reserved in steps: larger ones mean more masked columns, smaller ones more moving. */
const ROW_STEP = 64

/**
 * Bytes of weights up to which a model that is cut is also held whole. A cut costs a forward a run of the device, the same for all
 * models: a share worth sparing where forwards are short, and there the weights are few enough to be held twice.
 */
const WHOLE_BESIDE_PIECES = 32 << 20

/** What a model is made of. */
export interface Parts {
  readonly name: string
  readonly architecture: Architecture
  readonly attention: Attention
  readonly tensors: Tensors
  readonly device: Device
  /** How the weights are held, for people. */
  readonly dtype: string
  /** How linear layers are computed; in the form the tensors have where absent. */
  readonly linear?: LinearRule | undefined
  /**
   * Outputs beside `logits`: `argmax` and `readout` of them, `hidden.<layer>` (`0` is what enters the first), `hidden.final`
   * (what the head reads).
   */
  readonly outputs?: readonly string[]
  /** Rows may be vectors. */
  readonly takesVectors?: boolean
  /**
   * Layers, ascending, that a forward may begin or end at. The model is then made in pieces from one to the next; a forward of all
   * layers runs them one after the other, or where the weights are few a whole beside them. `hidden.<cut>` are outputs too.
   */
  readonly cuts?: readonly number[]
  /** Others apply the LM head to rows of their own. */
  readonly lendsHead?: boolean
  /** Where a head that is lent runs; with the model where absent. */
  readonly headDevice?: Device
  readonly tokenizer?: Tokenizer | undefined
  /** Asked for once, when somebody compares. */
  readonly vocabularyFingerprint: () => string
  /** Likewise; absent where the weights are nobody else's. */
  readonly weightsFingerprint?: () => string
  readonly endTokens: readonly number[]
  readonly maskToken?: number | undefined
  /** Tokens of an answer at most where nobody says. */
  readonly answerLength?: number | undefined
  /** Something it is good at answering. */
  readonly examplePrompt?: string | undefined
  /** Keep the compiled graph on disk. */
  readonly keep?: boolean
  /** What tensors, device and the form of linear layers are, and the code that builds; by it a kept graph is found without being built. */
  readonly key?: string | undefined
  readonly cost?: (model: Pick<Model, "info" | "layout" | "makeStore" | "forward">) => Model["cost"]
}

/** Whether the device draws tokens beside readouts: what they are of must not be exact, and a draw not asked for must be free. */
const draws = ({ lowering, without }: Device): boolean => lowering === "fused" && without?.has("If") !== true

/** Outputs beside `logits`: those asked for, what comes with them, and what rows are where the model is cut. */
const outputsOf = ({ outputs = [], cuts = [], device }: Parts): readonly string[] => [
  ...new Set([
    ...outputs,
    ...(outputs.some(namesTokens) && draws(device) ? [readoutNames.drawn] : []),
    ...cuts.map((layer) => `hidden.${layer}`),
  ]),
]

const infoOf = (parts: Parts, bytes: number): ModelInfo => {
  const { architecture, device, cuts = [], weightsFingerprint } = parts
  let fingerprint: string | undefined
  let weights: string | undefined
  const info: ModelInfo = {
    name: parts.name,
    architecture: architecture.name,
    vocabularySize: architecture.vocabulary,
    contextLength: architecture.contextLength,
    width: architecture.width,
    layers: architecture.layers.length,
    positionAxes: 1,
    maskedRowPredicts: architecture.maskedRowPredicts ?? "self",
    ...(architecture.blockLength === undefined ? {} : { blockLength: architecture.blockLength }),
    get vocabularyFingerprint(): string {
      return (fingerprint ??= parts.vocabularyFingerprint())
    },
    ...(parts.answerLength === undefined ? {} : { answerLength: parts.answerLength }),
    ...(parts.examplePrompt === undefined ? {} : { examplePrompt: parts.examplePrompt }),
    endTokens: parts.endTokens,
    maskToken: parts.maskToken,
    visibility: ["ranked", "tree", "branches", "dense"],
    outputs: ["logits", ...outputsOf(parts)],
    takesVectors: parts.takesVectors === true,
    ...(cuts.length === 0 ? {} : { cuts }),
    dtype: parts.dtype,
    device: device.name,
    widthInvariant: device.widthInvariant,
    weightBytes: bytes,
  }
  return weightsFingerprint === undefined
    ? info
    : Object.defineProperty(info, "weightsFingerprint", {
        enumerable: true,
        get: (): string => (weights ??= weightsFingerprint()),
      })
}

const refuseUnknownOutputs = ({ architecture, outputs = [] }: Parts): Effect.Effect<void, ModelError> => {
  const layers = architecture.layers.length
  const unknown = outputs.find((name) => {
    const layer = /^hidden\.(\d+)$/.exec(name)?.[1]
    // It comes with the others.
    if (name === readoutNames.drawn) return true
    return (
      name !== "hidden.final" && !isMadeOfLogits(name) && !(layer !== undefined && Number(layer) <= layers)
    )
  })
  return unknown === undefined
    ? Effect.void
    : Effect.fail(
        new ModelError({
          code: "model.unknown-output",
          message: `This model cannot give the output "${unknown}".`,
          advice: `It has logits, argmax, readout, hidden.0 to hidden.${layers}, and hidden.final.`,
        }),
      )
}

const refuseBadCuts = ({ architecture, cuts = [] }: Parts): Effect.Effect<void, ModelError> => {
  const layers = architecture.layers.length
  const bad = cuts.find(
    (cut, i) => !Number.isInteger(cut) || cut < 1 || cut >= layers || cut <= (cuts[i - 1] ?? 0),
  )
  return bad === undefined
    ? Effect.void
    : Effect.fail(
        new ModelError({
          code: "model.unknown-cut",
          message: `This model of ${layers} layers cannot be cut at ${cuts.join(", ")}: layer ${bad} is not possible there.`,
          advice: `Cuts ascend from 1 to at most ${layers - 1}.`,
        }),
      )
}

/** The config tells of all layers; what it does not tell of would silently be left out. */
const refuseUnused = (weights: ModelWeights, path: string): Effect.Effect<void, ModelError> => {
  const unused = weights.unused()
  return unused.length === 0
    ? Effect.void
    : Effect.fail(
        new ModelError({
          code: "model.unexpected-weight",
          message: `${unused.length} tensors, such as "${unused[0]}", have no place in the architecture of the config.`,
          advice: "Check that config.json belongs to this checkpoint.",
          path: `${path}: ${unused[0]}`,
        }),
      )
}

/** The families of parts that rows store in some layers. */
const familiesOf = (
  { architecture, attention, cuts = [] }: Parts,
  [from, to]: LayerRange,
): readonly string[] => [
  ...new Set(
    architecture.layers
      .slice(from, to)
      .flatMap((_, j) =>
        attention.stores(architecture, from + j).map(({ family }) => familyOf(family, from + j, cuts)),
      ),
  ),
]

/** What a graph follows from, where that can be said: one in pieces is built, as its pieces share constants. */
const keyOf = (
  { key, keep, cuts = [], architecture, attention, device, takesVectors, maskToken }: Parts,
  outputs: readonly string[],
): string | undefined =>
  key === undefined || keep !== true || cuts.length > 0
    ? undefined
    : JSON.stringify([
        key,
        architecture,
        attention.name,
        device.name,
        device.lowering,
        [...(device.without ?? [])],
        outputs,
        takesVectors === true,
        maskToken,
      ])

/** Makes a running model of its parts; sessions and memory are released with the scope. */
export const assemble = (parts: Parts): Effect.Effect<Model, BuildFailure, Scope> =>
  Effect.gen(function* () {
    const { architecture, attention, device, tensors, cuts = [] } = parts
    yield* refuseUnknownOutputs(parts)
    yield* refuseBadCuts(parts)
    const weights = modelWeights(architecture, tensors)
    const outputs = outputsOf(parts)
    const ranges = rangesOf(architecture.layers.length, cuts)
    const families = (range: LayerRange): readonly string[] => familiesOf(parts, range)
    const key = keyOf(parts, outputs)
    const kept = key === undefined ? undefined : yield* device.reopen?.(key) ?? Effect.undefined
    if (kept !== undefined)
      return yield* running(parts, weights, outputs, kept.weightBytes, [
        { layers: ranges[0]!, program: kept, families: families(ranges[0]!) },
      ])
    yield* reportTask("Building the graph")
    const graphOf = (layers: LayerRange): Graph =>
      buildGraph({
        architecture,
        attention,
        weights,
        device,
        outputs,
        takesVectors: parts.takesVectors === true,
        maskToken: parts.maskToken,
        cuts,
        layers,
        linear: parts.linear,
      })
    // In order: how linear layers are computed may depend on how many came before.
    const graphs = yield* typed(() => ranges.map(graphOf))
    yield* refuseUnused(weights, tensors.path)
    yield* reportTask("Starting the session")
    const pieceOf = (layers: LayerRange, graph: Graph): Effect.Effect<Piece, BuildFailure, Scope> =>
      Effect.map(compileChecked(device, graph, { keep: parts.keep === true, key }), (program) => ({
        layers,
        program,
        families: families(layers),
      }))
    const pieces: Piece[] = []
    for (const [i, layers] of ranges.entries()) pieces.push(yield* pieceOf(layers, graphs[i]!))
    const bytes = weightBytes(graphs)
    if (pieces.length > 1 && parts.linear === undefined && bytes <= WHOLE_BESIDE_PIECES) {
      const all = [0, architecture.layers.length] as const
      pieces.unshift(yield* pieceOf(all, yield* typed(() => graphOf(all))))
    }
    return yield* running(parts, weights, outputs, bytes, pieces)
  })

/** The model of what was compiled. */
const running = (
  parts: Parts,
  weights: ModelWeights,
  outputs: readonly string[],
  bytes: number,
  pieces: readonly Piece[],
): Effect.Effect<Model, never, Scope> =>
  Effect.gen(function* () {
    const { architecture, attention, device, cuts = [] } = parts
    const info = infoOf(parts, bytes)
    const layout = rowLayout(architecture, attention, cuts)
    const forward = makeForward({
      info,
      pieces,
      layoutKey: layout.key,
      rowLocation: device.rowLocation,
      windows: windowsOf(architecture, attention),
      takesVectors: parts.takesVectors === true,
      readouts: outputs.filter(isMadeOfLogits),
    })
    const model = { info, layout, makeStore: device.makeRows(layout, ROW_STEP), forward }
    return {
      ...model,
      tokenizer: parts.tokenizer,
      cost: parts.cost?.(model) ?? Effect.succeed(undefined),
      embed: yield* makeEmbed(parts, weights),
      head:
        parts.lendsHead === true
          ? yield* makeHead({ ...parts, device: parts.headDevice ?? device }, weights)
          : undefined,
    }
  })
