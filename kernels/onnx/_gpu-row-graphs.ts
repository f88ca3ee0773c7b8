import { GraphBuilder, ops } from "@parade/graph"
import type { Graph, PlacedPart, Value } from "@parade/graph"

const pastOf = (g: GraphBuilder, part: PlacedPart): Value =>
  g.input(part.input, "float32", [part.blocks, "C", part.width])

/** Input `places.<blocks>`: which block and place each of N rows goes to, for parts of that many blocks. */
const placesOf = (g: GraphBuilder, blocks: number): Value =>
  g.memo(`places ${blocks}`, () => g.input(`places.${blocks}`, "int64", [blocks, "N", 2]))

/** The places that {@link placesOf} takes: rows `at …` of every block. */
export const makePlaces = (blocks: number, at: number, count: number): BigInt64Array => {
  const places = new BigInt64Array(blocks * count * 2)
  for (let block = 0; block < blocks; block++)
    for (let i = 0; i < count; i++) {
      places[(block * count + i) * 2] = BigInt(block)
      places[(block * count + i) * 2 + 1] = BigInt(at + i)
    }
  return places
}

const scatter = (g: GraphBuilder, part: PlacedPart, past: Value, rows: Value): void => {
  const [out] = g.node(
    "ScatterND",
    [past, placesOf(g, part.blocks), rows],
    [{ type: past.type, shape: past.shape }],
  )
  g.output(`kept.${part.name}`, out!)
}

const build = (
  name: string,
  parts: readonly PlacedPart[],
  add: (g: GraphBuilder, part: PlacedPart, past: Value) => void,
): Graph => {
  const g = new GraphBuilder(name, { kind: "fused" })
  for (const part of parts) add(g, part, pastOf(g, part))
  return g.build()
}

const chosen = (g: GraphBuilder): Value => g.memo("from", () => g.input("from", "int32", ["N"]))

/** New rows `from` of each family, put at places. Families may have different numbers of new rows. */
export const writeGraph = (parts: readonly PlacedPart[]): Graph => {
  const families = [...new Set(parts.map(({ family }) => family))]
  return build("write-rows", parts, (g, part, past) => {
    const picked = g.memo(`picked ${part.family}`, () => {
      const blocks = parts.reduce((sum, { family, blocks }) => sum + (family === part.family ? blocks : 0), 0)
      const rows = `T${families.indexOf(part.family)}`
      return ops.gather(g, g.input(part.output, "float32", [blocks, rows, part.width]), chosen(g), 1)
    })
    scatter(g, part, past, ops.slice(g, picked, 0, part.offset, part.offset + part.blocks))
  })
}

/** Rows `from` of the cache itself, put at places. */
export const keepGraph = (parts: readonly PlacedPart[]): Graph =>
  build("keep-rows", parts, (g, part, past) => scatter(g, part, past, ops.gather(g, past, chosen(g), 1)))

/** Rows given part by part, put at places. */
export const loadGraph = (parts: readonly PlacedPart[]): Graph =>
  build("load-rows", parts, (g, part, past) =>
    scatter(g, part, past, g.input(`rows.${part.name}`, "float32", [part.blocks, "N", part.width])),
  )

/** Rows `from` of the cache. */
export const readGraph = (parts: readonly PlacedPart[]): Graph =>
  build("read-rows", parts, (g, part, past) =>
    g.output(`kept.${part.name}`, ops.gather(g, past, chosen(g), 1)),
  )
