import { GraphBuilder, type Graph, linear, type Lowering, ops, type Value } from "@parade/graph"

/** The name of a map's weights, counted from 1 as in the paper. */
export const mapName = (step: number): string => `maps.${step}`

/** The identity: a pseudo state then starts as a copy of the state it is made of, one place further on. */
export const identityMap = (width: number): Float32Array => {
  const values = new Float32Array(width * width)
  for (let i = 0; i < width; i++) values[i * width + i] = 1
  return values
}

/**
 * `z_i = W_i h` of states `h` `[S, width]`: `[S, k, width]`, the pseudo states of a state one after the other, as they
 * enter the layer that the states are about to enter.
 */
export const pseudoStates = (
  g: GraphBuilder,
  states: Value,
  width: number,
  weights: readonly Float32Array[],
): Value => {
  const count = states.shape[0]!
  const steps = weights.map((values, i) => {
    const matrix = {
      kind: "dense",
      rows: width,
      columns: width,
      identity: mapName(i + 1),
      values: () => values,
    } as const
    return ops.reshape(g, linear(g, states, matrix), [count, 1, width])
  })
  return ops.concat(g, steps, 1)
}

/** All maps on some rows: `states` `[S, width]` in, `pseudo` `[S, k, width]` out. */
export const mapsGraph = (weights: readonly Float32Array[], width: number, lowering: Lowering): Graph => {
  const g = new GraphBuilder("hidden-transfer-maps", lowering)
  g.output("pseudo", pseudoStates(g, g.input("states", "float32", ["S", width]), width, weights))
  return g.build()
}
