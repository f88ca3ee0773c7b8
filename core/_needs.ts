import type { PipelineIssue } from "./pipeline-error.ts"
import type { Plan, PlanNode } from "./plan.ts"
import type { Need, SlotNeed } from "./plugin.ts"

/** A need as people read it: `output hidden.12`. */
const describeNeed = (need: Need): string => `${need.name} ${JSON.stringify(need.value)}`

const askedNodes = (
  need: SlotNeed,
  node: PlanNode,
  host: PlanNode | undefined,
): readonly PlanNode[] | undefined =>
  "slot" in need ? node.slots[need.slot]?.nodes : host?.slots[need.hostSlot]?.nodes

const place = (need: SlotNeed, asker: PlanNode, asked: PlanNode): PipelineIssue | undefined => {
  if (!asked.plugin.grants.includes(need.name)) {
    if (need.optional === true) return undefined
    return {
      path: asker.path,
      code: "pipeline.need-not-granted",
      message: `${JSON.stringify(asker.use)} needs ${describeNeed(need)} of the ${asked.plugin.kind.name} ${JSON.stringify(asked.use)} at ${asked.path}, which cannot be asked for it.`,
      expected:
        asked.plugin.grants.length === 0
          ? "a plugin that grants it"
          : `a plugin that grants it; this one grants ${asked.plugin.grants.join(", ")}`,
    }
  }
  const needs = asked.needs as Need[]
  if (!needs.some(({ name, value }) => name === need.name && value === need.value))
    needs.push({ name: need.name, value: need.value })
  return undefined
}

/**
 * Collects what every plugin needs of those in its own slots and in the slots of the plugin it is plugged into, and
 * hands each need to whom it concerns. The needs that nobody grants are mistakes.
 */
export const assignNeeds = (plan: Plan): readonly PipelineIssue[] => {
  const issues: PipelineIssue[] = []
  const visited = new Set<PlanNode>()
  const visit = (node: PlanNode, host: PlanNode | undefined): void => {
    for (const need of node.plugin.needs(node.config)) {
      // A shared node serves several hosts; what it needs of its own slots was asked the first time.
      if (visited.has(node) && "slot" in need) continue
      const asked = askedNodes(need, node, host)
      if (asked === undefined && need.optional !== true)
        issues.push({
          path: node.path,
          code: "pipeline.need-unplaced",
          message: `${JSON.stringify(node.use)} needs ${describeNeed(need)} of a slot ${JSON.stringify("slot" in need ? need.slot : need.hostSlot)}, which is not there.`,
          expected: "slot" in need ? "a slot of its own" : "to be plugged into a plugin with that slot",
        })
      for (const other of asked ?? []) {
        const issue = place(need, node, other)
        if (issue !== undefined) issues.push(issue)
      }
    }
    if (visited.has(node)) return
    visited.add(node)
    for (const filling of Object.values(node.slots)) for (const child of filling.nodes) visit(child, node)
  }
  visit(plan.root, undefined)
  return issues
}
