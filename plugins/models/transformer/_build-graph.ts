import { readoutNames, readoutTop } from "@parade/core"
import {
  argmaxRows,
  embedding,
  GraphBuilder,
  linear,
  newRows,
  ops,
  readoutRows,
  softcap,
} from "@parade/graph"
import type { Device, Graph, LinearRule, Value } from "@parade/graph"
import type { Architecture, Attention, AttentionOutput } from "@parade/layers"
import { feedForward } from "./_feed-forward.ts"
import { maskName } from "./_forward.ts"
import { familyOf, type LayerRange, rowLayout, windowsOf } from "./_layout.ts"
import type { ModelWeights } from "./_model-weights.ts"
import { normOf, Residual } from "./_residual.ts"

/** What a graph is made for. */
export interface GraphRequest {
  readonly architecture: Architecture
  readonly attention: Attention
  readonly weights: ModelWeights
  readonly device: Pick<Device, "lowering" | "without">
  /** Names of outputs beside `logits`. */
  readonly outputs: readonly string[]
  readonly takesVectors: boolean
  /** What is never drawn. */
  readonly maskToken?: number | undefined
  /** Layers that the model is cut at; none where absent. */
  readonly cuts?: readonly number[]
  /** The layers of this graph, from one cut to the next; all where absent. */
  readonly layers?: LayerRange
  /** How linear layers are computed. */
  readonly linear?: LinearRule | undefined
  /** Adds further outputs when all else is built. */
  readonly finish?: (g: GraphBuilder) => void
}

/** Rows `tokens`, or the vectors in their place, as they enter the first layer. */
export const embedded = (g: GraphBuilder, request: GraphRequest, tokens: Value, positions: Value): Value => {
  const { architecture, weights, takesVectors } = request
  let rows = embeddingRows(g, architecture, weights, tokens)
  if (takesVectors) {
    const count = tokens.shape[0]!
    const isVector = g.input("is.vector", "bool", [count, 1])
    rows = ops.where(g, isVector, g.input("vectors", "float32", [count, architecture.width]), rows)
  }
  return architecture.embedding.learnedPositions
    ? ops.add(g, rows, embedding(g, positions, weights.positions()))
    : rows
}

/** The embedding rows of tokens, scaled: what a vector row replaces. */
export const embeddingRows = (
  g: GraphBuilder,
  { embedding: { scale } }: Architecture,
  weights: ModelWeights,
  tokens: Value,
): Value => {
  const rows = embedding(g, tokens, weights.embedding())
  return scale === 1 ? rows : ops.mul(g, rows, g.constant("float32", [], [scale]))
}

export interface LayerInputs {
  readonly positions: Value
  readonly masks: ReadonlyMap<number | undefined, Value>
  /** By part; empty where rows have no past. */
  readonly past: ReadonlyMap<string, Value>
}

const attend = (
  g: GraphBuilder,
  { architecture, attention, weights }: GraphRequest,
  layer: number,
  rows: Value,
  inputs: LayerInputs,
): AttentionOutput =>
  attention.build({
    builder: g,
    architecture,
    layer,
    weights: weights.part(layer, "self_attn."),
    rows,
    positions: inputs.positions,
    mask: inputs.masks.get(attention.window(architecture, layer))!,
    past: attention
      .stores(architecture, layer)
      .flatMap(({ family }) => inputs.past.get(`${family}.${layer}`) ?? []),
  })

/** Adds a layer to the stream; gives what its rows store. */
export const addLayer = (
  g: GraphBuilder,
  request: GraphRequest,
  layer: number,
  stream: Residual,
  inputs: LayerInputs,
  afterAttention: () => void,
): readonly Value[] => {
  const { architecture, weights } = request
  const { postNorms, norm } = architecture
  const own = weights.part(layer, "")
  const added = (rows: Value, name: string): Value => (postNorms ? normOf(g, norm, rows, own, name) : rows)
  const attended = attend(g, request, layer, stream.normed(own, "input_layernorm"), inputs)
  stream.add(added(attended.rows, "post_attention_layernorm"))
  afterAttention()
  const normed = stream.normed(own, postNorms ? "pre_feedforward_layernorm" : "post_attention_layernorm")
  const result = feedForward(g, architecture, normed, weights.part(layer, "mlp."))
  stream.add(added(result, "post_feedforward_layernorm"))
  return attended.stored
}

const addReadouts = (
  g: GraphBuilder,
  wanted: ReadonlySet<string>,
  logits: Value,
  { architecture: { vocabulary }, maskToken }: GraphRequest,
): void => {
  const { readout, entropy, drawn } = readoutNames
  const count = Math.min(readoutTop + 1, vocabulary)
  const make = (): ReturnType<typeof readoutRows> => {
    const named = g.input("named", "int64", ["R", "N"])
    const draws = wanted.has(drawn) ? g.input("draws", "float32", ["R", "D"]) : undefined
    return readoutRows(g, logits, count, named, wanted.has(entropy), draws, maskToken)
  }
  const made = wanted.has(readout) || wanted.has(entropy) ? g.within(readout, make) : undefined
  if (wanted.has(readout)) g.output(readout, made!.readout)
  if (wanted.has(entropy)) g.output(entropy, made!.entropy!)
  if (wanted.has(drawn)) g.output(drawn, made!.drawn!)
  if (wanted.has(readoutNames.argmax)) g.output(readoutNames.argmax, made?.argmax ?? argmaxRows(g, logits))
}

/**
 * The model as a graph, or the layers of one between two cuts. Inputs: `tokens` `[T]` of the first layers, `hidden.<from>`
 * `[T, width]` of others, `positions` `[T]`, `rows` `[R]` (where logits are wanted) of the last ones, a mask `[T, C+T]` per
 * window, `past.<part>` `[blocks, C, width]`, `vectors`, `is.vector` where vectors may enter, `named` `[R, N]`, tokens
 * whose logits a readout tells, and `draws` `[R, D]`, how tokens are drawn. Outputs: `logits` `[R, vocabulary]` and their readouts `[R, width]`, or `hidden.<to>`, what
 * else was asked for `[T, width]`, and `new.<family>`.
 */
export const buildGraph = (request: GraphRequest): Graph => {
  const { architecture, attention, weights, device, outputs, cuts = [] } = request
  const layers = architecture.layers.length
  const [from, to] = request.layers ?? [0, layers]
  const isLast = to === layers
  const g = new GraphBuilder(cuts.length === 0 ? architecture.name : `${architecture.name}-${from}-${to}`, {
    kind: device.lowering,
    without: device.without,
    linear: request.linear,
  })
  const wanted = new Set(outputs)
  const offered = (layer: number): boolean => wanted.has(`hidden.${layer}`)
  const parts = rowLayout(architecture, attention, cuts).parts.filter(
    ({ layer }) => layer >= from && layer < to,
  )
  const tokens = from === 0 ? g.input("tokens", "int64", ["T"]) : undefined
  const positions = g.input("positions", "int64", ["T"])
  const rows = isLast ? g.input("rows", "int64", ["R"]) : undefined
  const inputs: LayerInputs = {
    positions,
    masks: new Map(
      windowsOf(architecture, attention, [from, to]).map((window) => [
        window,
        g.input(maskName(window), "float32", ["T", "C+T"]),
      ]),
    ),
    past: new Map(
      parts.map((part) => [
        part.name,
        g.input(`past.${part.name}`, "float32", [part.blocks, "C", part.width]),
      ]),
    ),
  }
  const start =
    tokens === undefined
      ? g.input(`hidden.${from}`, "float32", ["T", architecture.width])
      : embedded(g, request, tokens, positions)
  const stream = new Residual(g, architecture.norm, start)
  // Where nobody asks for all rows, only those whose logits are wanted pass the last feed-forward and the head.
  const early = !offered(layers) && !wanted.has("hidden.final")
  const stored = new Map<string, Value[]>()
  for (let layer = from; layer < to; layer++) {
    // What enters a later piece is an input, which whoever feeds it has.
    if (offered(layer) && (layer > from || from === 0)) g.output(`hidden.${layer}`, stream.sum())
    const values = g.within(`layer${layer}`, () =>
      addLayer(g, request, layer, stream, inputs, () => {
        if (early && rows !== undefined && layer === layers - 1) stream.keep(rows)
      }),
    )
    attention.stores(architecture, layer).forEach((part, i) => {
      const family = familyOf(part.family, layer, cuts)
      stored.set(family, [...(stored.get(family) ?? []), values[i]!])
    })
  }
  if (!isLast || offered(layers)) g.output(`hidden.${to}`, stream.sum())
  if (rows !== undefined) {
    let final = stream.normed(weights.finalNorm, "norm")
    if (wanted.has("hidden.final")) g.output("hidden.final", final)
    if (!early) final = ops.gather(g, final, rows)
    const product = linear(g, final, weights.head())
    const { softcap: cap } = architecture.head
    const logits = cap === undefined ? product : softcap(g, product, cap)
    g.output("logits", logits)
    addReadouts(g, wanted, logits, request)
  }
  for (const [family, values] of stored) newRows(g, family, values)
  request.finish?.(g)
  return g.build()
}
