import type { PipelineIssue } from "./pipeline-error.ts"
import type { PlanNode } from "./plan.ts"
import { nearest } from "./suggest.ts"

/** A reference found in the JSON, to be linked when all ids are known. */
export interface PendingRef {
  readonly ref: string
  readonly path: string
  readonly kind: string | undefined
  readonly fill: (node: PlanNode) => void
}

const children = (node: PlanNode): readonly PlanNode[] =>
  Object.values(node.slots).flatMap((filling) => filling.nodes)

/** The path of a node that contains itself, or `undefined`. */
const cycleUnder = (root: PlanNode): string | undefined => {
  const state = new Map<PlanNode, "open" | "done">()
  const walk = (node: PlanNode): string | undefined => {
    const seen = state.get(node)
    if (seen !== undefined) return seen === "open" ? node.path : undefined
    state.set(node, "open")
    for (const child of children(node)) {
      const found = walk(child)
      if (found !== undefined) return found
    }
    state.set(node, "done")
    return undefined
  }
  return walk(root)
}

/** Puts the node with the id in the place of every reference; tells of ids nobody has, of wrong kinds and of cycles. */
export const linkRefs = (
  refs: readonly PendingRef[],
  ids: ReadonlyMap<string, PlanNode | undefined>,
  root: PlanNode | undefined,
): readonly PipelineIssue[] => {
  const issues: PipelineIssue[] = []
  for (const { ref, path, kind, fill } of refs) {
    const node = ids.get(ref)
    if (!ids.has(ref))
      issues.push({
        path,
        code: "pipeline.unknown-ref",
        message: `No node has the id ${JSON.stringify(ref)}.`,
        expected: ids.size === 0 ? 'a node with that "id"' : `one of ${[...ids.keys()].join(", ")}`,
        nearest: nearest(ref, ids.keys()),
      })
    else if (node !== undefined && kind !== undefined && node.plugin.kind.name !== kind)
      issues.push({
        path,
        code: "pipeline.ref-of-wrong-kind",
        message: `${JSON.stringify(ref)} is a node of the kind ${node.plugin.kind.name}.`,
        expected: `the id of a node of the kind ${kind}`,
      })
    else if (node !== undefined) fill(node)
  }
  const cycle = root === undefined ? undefined : cycleUnder(root)
  if (cycle !== undefined)
    issues.push({
      path: cycle,
      code: "pipeline.ref-cycle",
      message: "This node contains itself by reference.",
      expected: "references to nodes elsewhere",
    })
  return issues
}
