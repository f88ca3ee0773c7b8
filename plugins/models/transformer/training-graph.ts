import { GraphBuilder, headCrossEntropyRows, linear, multiplyDimensions, softcap } from "@parade/graph"
import type { Dimension, Graph, Lowering, Value } from "@parade/graph"
import type { Architecture, Attention } from "@parade/layers"
import { addLayer, embedded } from "./_build-graph.ts"
import type { LayerInputs } from "./_build-graph.ts"
import { maskName } from "./_forward.ts"
import { type LayerRange, windowsOf } from "./_layout.ts"
import { modelWeights } from "./_model-weights.ts"
import type { ModelWeights, Tensors } from "./_model-weights.ts"
import { Residual } from "./_residual.ts"

/** What a model is trained as. */
export interface TrainingRequest {
  readonly architecture: Architecture
  readonly attention: Attention
  /** Where weights start. */
  readonly tensors: Tensors
  /** `B` sequences of `L` rows, one after another. */
  readonly sequences: { readonly count: Dimension; readonly length: Dimension }
  /** Outputs beside `logits`: `hidden.<layer>` (`0` is what enters the first), `hidden.final` (what the head reads). */
  readonly outputs?: readonly string[]
  readonly lowering?: Lowering
  /** Rows may be vectors: inputs `vectors` `[B·L, width]` and `is.vector` bool `[B·L, 1]`, in place of their tokens. */
  readonly takesVectors?: boolean
  /**
   * Layers `[from, to)` alone. Where they do not begin with the first, rows come as the input `hidden.<from>` `[B·L, width]` in
   * place of `tokens`; where they do not end with the last, `hidden.<to>` is given in place of what the head says.
   */
  readonly layers?: LayerRange
  /**
   * Keep less for the way back: each layer is computed again from what enters it. A quarter to a third more work; the
   * gradients keep their bytes.
   */
  readonly recomputed?: boolean
  /**
   * In place of `logits`: the input `targets` int64 `[B·L]`, and the output `losses` `[B·L, 1]`, the cross-entropy of each
   * row in nats, with the logits of so many rows in memory at once.
   */
  readonly losses?: { readonly rowsAtOnce: number }
}

/** As {@link trainingGraph}, over weights however they are found. */
export const trainingGraphOf = (request: Omit<TrainingRequest, "tensors">, weights: ModelWeights): Graph => {
  const { architecture, attention, sequences } = request
  const lowering: Lowering = { ...(request.lowering ?? { kind: "exact" }), differentiated: true }
  const g = new GraphBuilder(architecture.name, lowering)
  const wanted = new Set(request.outputs)
  const { count, length } = sequences
  const total = multiplyDimensions(count, length)
  const depth = architecture.layers.length
  const [from, to] = request.layers ?? [0, depth]
  const tokens = from === 0 ? g.input("tokens", "int64", [total]) : undefined
  const positions = g.input("positions", "int64", [total])
  const inputs: LayerInputs = {
    positions,
    masks: new Map(
      windowsOf(architecture, attention, [from, to]).map((window) => [
        window,
        g.input(maskName(window), "float32", [count, length, length]),
      ]),
    ),
    past: new Map(),
  }
  const layers = {
    architecture,
    attention,
    weights,
    device: { lowering: lowering.kind, without: lowering.without },
    outputs: [],
    takesVectors: request.takesVectors === true,
  }
  const start =
    tokens === undefined
      ? g.input(`hidden.${from}`, "float32", [total, architecture.width])
      : embedded(g, layers, tokens, positions)
  const stream = new Residual(g, architecture.norm, start)
  const offer = (name: string, value: () => Parameters<typeof g.output>[1]): void => {
    if (wanted.has(name)) g.output(name, value())
  }
  for (let layer = from; layer < to; layer++) {
    if (layer > from || from === 0) offer(`hidden.${layer}`, () => stream.sum())
    const add = (): unknown =>
      g.within(`layer${layer}`, () => addLayer(g, layers, layer, stream, inputs, () => undefined))
    if (request.recomputed === true) g.recomputed(add)
    else add()
  }
  if (to < depth) {
    g.output(`hidden.${to}`, stream.sum())
    return g.build()
  }
  offer(`hidden.${depth}`, () => stream.sum())
  const final = stream.normed(weights.finalNorm, "norm")
  offer("hidden.final", () => final)
  const head = (rows: Value): Value => {
    const logits = linear(g, rows, weights.head())
    const { softcap: cap } = architecture.head
    return cap === undefined ? logits : softcap(g, logits, cap)
  }
  if (request.losses === undefined) g.output("logits", head(final))
  else {
    const targets = g.input("targets", "int64", [total])
    g.output("losses", headCrossEntropyRows(g, final, head, targets, request.losses.rowsAtOnce))
  }
  return g.build()
}

/**
 * The model over whole sequences, as it is trained: the layers of the model that decodes, in differentiable operators,
 * over `B` sequences of `L` rows one after another, of which none sees another. Inputs: `tokens`, `positions` int64
 * `[B·L]`, and a mask `[B, L, L]` per window (`mask`, `mask.<window>`): 0 where a row sees a column, hugely negative
 * elsewhere. Outputs: `logits` `[B·L, vocabulary]` (or `losses`), and those asked for `[B·L, width]`. Weights are constants marked
 * `weight`; a trainer feeds them instead.
 */
export const trainingGraph = (request: TrainingRequest): Graph =>
  trainingGraphOf(request, modelWeights(request.architecture, request.tensors))
