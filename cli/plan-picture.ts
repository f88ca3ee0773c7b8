import type { Filling, Plan, PlanNode } from "@parade/core"
import type { Paint } from "./colour.ts"

/** A plugin with its settings: those the JSON states, then in brackets those left to their defaults. */
const describe = (node: PlanNode, paint: Paint): string => {
  const stated = Object.entries(node.settings).map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  const config = typeof node.config === "object" && node.config !== null ? node.config : {}
  const defaults = Object.entries(config)
    .filter(([key]) => !Object.hasOwn(node.settings, key))
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
  const rest = defaults.length === 0 ? "" : paint.dim(` [${defaults.join(", ")}]`)
  return `${paint.bold(node.use)}${stated.length === 0 ? "" : `  ${stated.join(", ")}`}${rest}`
}

interface Branch {
  readonly label: string
  readonly node: PlanNode
  readonly defaulted: boolean
}

const branchesOf = (slots: Readonly<Record<string, Filling>>): readonly Branch[] =>
  Object.entries(slots).flatMap(([name, { nodes, list, defaulted }]) =>
    nodes.map((node, index) => ({ label: list ? `${name}[${index}]` : name, node, defaulted })),
  )

/** A pipeline as a tree: what fills each slot, with which settings; defaults and shared nodes are marked. */
export const drawPlan = (plan: Plan, paint: Paint): string => {
  const drawn = new Set<PlanNode>()
  const lines: string[] = []
  const draw = (node: PlanNode, head: string, indent: string, marks: string): void => {
    if (drawn.has(node)) {
      lines.push(`${head}${paint.dim(`the same as ${node.path}`)}`)
      return
    }
    drawn.add(node)
    lines.push(`${head}${describe(node, paint)}${marks}`)
    const branches = branchesOf(node.slots)
    const width = Math.max(0, ...branches.map(({ label }) => label.length))
    branches.forEach(({ label, node: child, defaulted }, index) => {
      const last = index === branches.length - 1
      draw(
        child,
        `${indent}${last ? "└─ " : "├─ "}${label.padEnd(width)}  `,
        `${indent}${last ? "   " : "│  "}`,
        defaulted ? paint.dim("  (default)") : "",
      )
    })
  }
  draw(plan.root, "", "", "")
  return lines.join("\n")
}
