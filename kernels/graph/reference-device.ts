import { DeviceError, GraphError, isParadeError } from "@parade/core"
import * as Effect from "effect/Effect"
import { evaluateDimension, isName } from "./dimension.ts"
import type { Device, Feed, Feeds, Fetch, Program } from "./device.ts"
import type { Graph } from "./graph.ts"
import { makeHostRows } from "./host-rows.ts"
import { constantSlots, prepare, requireKernels } from "./interpreter/_prepare.ts"
import type { Prepared } from "./interpreter/_prepare.ts"
import { sizeOf } from "./interpreter/_slot.ts"
import type { ElementType, Tensor } from "./tensor.ts"

const badFeed = (name: string, why: string): DeviceError =>
  new DeviceError({ code: "device.bad-feed", message: `Input "${name}" ${why}.`, fault: "bug" })

const requireTensor = (name: string, type: ElementType, feed: Feed | undefined): Tensor => {
  if (feed === undefined) throw badFeed(name, "is not fed")
  if ("read" in feed) throw badFeed(name, "lies on a device")
  if (feed.type !== type) throw badFeed(name, `must be ${type}, not ${feed.type}`)
  if (feed.data.length !== sizeOf(feed.dims))
    throw badFeed(name, `has ${feed.data.length} elements for dims [${feed.dims.join(", ")}]`)
  return feed
}

/** Check that the names in the shapes of the inputs stand for one number each. */
const checkDims = (graph: Graph, feeds: readonly Tensor[]): void => {
  const names = new Map<string, number>()
  graph.inputs.forEach(({ name, shape }, i) => {
    const { dims } = feeds[i]!
    if (dims.length !== shape.length)
      throw badFeed(name, `must have ${shape.length} axes, not ${dims.length}`)
    shape.forEach((size, axis) => {
      if (isName(size) && !names.has(size)) names.set(size, dims[axis]!)
    })
  })
  graph.inputs.forEach(({ name, shape }, i) =>
    shape.forEach((size, axis) => {
      const length = feeds[i]!.dims[axis]!
      if (length !== evaluateDimension(size, names))
        throw badFeed(
          name,
          `has length ${length} along axis ${axis}, which is ${size} = ${evaluateDimension(size, names)}`,
        )
    }),
  )
}

/** Shapes a program is kept ready for. */
const KEPT_SHAPES = 64

class ReferenceProgram implements Program {
  readonly graph: Graph
  readonly #constants: ReturnType<typeof constantSlots>
  readonly #prepared = new Map<string, Prepared>()

  constructor(graph: Graph) {
    requireKernels(graph)
    this.graph = graph
    this.#constants = constantSlots(graph)
  }

  readonly run: Program["run"] = (feeds, fetches) =>
    Effect.suspend(() => {
      try {
        return Effect.succeed(this.#run(feeds, fetches))
      } catch (error) {
        if (isParadeError(error) && error instanceof DeviceError) return Effect.fail(error)
        if (error instanceof GraphError)
          return Effect.fail(
            new DeviceError({
              code: "device.run-failed",
              message: error.message,
              fault: "bug",
              cause: error,
            }),
          )
        throw error
      }
    })

  #run(feeds: Feeds, fetches: readonly Fetch[]): Readonly<Record<string, Feed>> {
    const tensors = this.graph.inputs.map(({ name, type }) => requireTensor(name, type, feeds[name]))
    const prepared = this.#prepare(tensors, fetches)
    prepared.inputs.forEach((slot, i) => (slot.data = tensors[i]!.data))
    for (const step of prepared.steps) step()
    const results: Record<string, Feed> = {}
    for (const [name, { type, dims, data }] of prepared.outputs)
      results[name] = { type, dims, data: data.slice() }
    return results
  }

  #prepare(tensors: readonly Tensor[], fetches: readonly Fetch[]): Prepared {
    let key = ""
    for (const fetch of fetches) key += `${fetch.name};`
    for (const { dims } of tensors) key += `${dims.join()};`
    const known = this.#prepared.get(key)
    if (known !== undefined) {
      // Last in, last out: shapes that come back stay ready.
      this.#prepared.delete(key)
      this.#prepared.set(key, known)
      return known
    }
    checkDims(this.graph, tensors)
    const fresh = prepare(
      this.graph,
      this.#constants,
      tensors.map((feed) => feed.dims),
      fetches.map((fetch) => fetch.name),
    )
    if (this.#prepared.size >= KEPT_SHAPES) this.#prepared.delete(this.#prepared.keys().next().value!)
    this.#prepared.set(key, fresh)
    return fresh
  }
}

/**
 * The exact interpreter, for tests and tiny models. Values are float32, sums are float64 in a fixed order, and columns
 * masked by a very negative number add exactly nothing: each row of a result depends on its own inputs alone, so
 * several rows at once are bit for bit the rows one at a time, and a row of a tree is the end of its path.
 */
export const referenceDevice: Device = {
  name: "reference",
  lowering: "exact",
  rowLocation: "host",
  widthInvariant: true,
  compile: (graph) =>
    Effect.suspend(() => {
      try {
        return Effect.succeed(new ReferenceProgram(graph))
      } catch (error) {
        if (error instanceof GraphError) return Effect.fail(error)
        throw error
      }
    }),
  makeRows: makeHostRows,
}
