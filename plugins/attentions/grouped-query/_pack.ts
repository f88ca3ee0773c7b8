import type { Matrix, Vector } from "@parade/graph"
import type { Architecture, PartWeights } from "@parade/layers"
import { concatRows, takeRows } from "@parade/weights"

/** Rows of `[queries; keys; values]` in the order per key/value head: its queries, its key, its value. */
const headOrder = ({ attention }: Architecture): Int32Array => {
  const { heads, keyValueHeads, headWidth } = attention
  const groups = heads / keyValueHeads
  const order = new Int32Array((heads + 2 * keyValueHeads) * headWidth)
  let at = 0
  const append = (first: number, count: number): void => {
    for (let i = 0; i < count; i++) order[at++] = first + i
  }
  for (let head = 0; head < keyValueHeads; head++) {
    append(head * groups * headWidth, groups * headWidth)
    append((heads + head) * headWidth, headWidth)
    append((heads + keyValueHeads + head) * headWidth, headWidth)
  }
  return order
}

const takeValues = (vectors: readonly Vector[], order: Int32Array): Vector => ({
  length: order.length,
  identity: `heads(${order.length};${vectors.map(({ identity }) => identity).join(";")})`,
  values: () => {
    const all = vectors.flatMap((vector) => [...vector.values()])
    return Float32Array.from(order, (index) => all[index]!)
  },
})

/** The three projections as one, which then runs as one product, and their biases likewise. */
export const packProjections = (
  architecture: Architecture,
  weights: PartWeights,
): { readonly matrix: Matrix; readonly bias: Vector | undefined } => {
  const { heads, keyValueHeads, headWidth, queryKeyValueBias } = architecture.attention
  const sizes = [
    ["q_proj", heads * headWidth],
    ["k_proj", keyValueHeads * headWidth],
    ["v_proj", keyValueHeads * headWidth],
  ] as const
  // The weights first: they refuse numbers of heads that are not theirs, before anything is made so long.
  const matrices = sizes.map(([name, rows]) => weights.matrix(`${name}.weight`, rows, architecture.width))
  const biases = queryKeyValueBias ? sizes.map(([name, rows]) => weights.vector(`${name}.bias`, rows)) : []
  const order = headOrder(architecture)
  return {
    matrix: takeRows(concatRows(matrices), order),
    bias: queryKeyValueBias ? takeValues(biases, order) : undefined,
  }
}
