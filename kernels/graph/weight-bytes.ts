import type { Graph } from "./graph.ts"

/** Bytes of all constants, each content once: a tied head is its embedding in another shape. */
export const weightBytes = (graphs: readonly Graph[]): number => {
  const seen = new Map<string, number>()
  for (const { initializers } of graphs)
    for (const { identity, name, byteLength } of initializers) seen.set(identity ?? name, byteLength)
  return [...seen.values()].reduce((sum, bytes) => sum + bytes, 0)
}
