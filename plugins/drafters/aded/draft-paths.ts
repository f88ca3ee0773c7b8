import { pathTo } from "@parade/drafting"
import type { SearchTree } from "./tree-search.ts"
import type { TrigramTable } from "./trigram-table.ts"

/**
 * What is drafted of a search: the paths to the `sequences` nodes visited most often, of equal ones those found first, the
 * root among them. Each gets the heaviest successor of its last pair appended. Where they have more than `nodes` tokens in
 * all, each path counting by itself, the one with the most goes, until they have not.
 */
export const draftPaths = (
  table: TrigramTable,
  tree: SearchTree,
  { sequences, nodes }: { readonly sequences: number; readonly nodes: number },
): readonly (readonly number[])[] => {
  const root = tree.tokens[0]!
  const ordered = tree.tokens
    .map((_, node) => node)
    .sort((m, n) => tree.visits[n]! - tree.visits[m]! || m - n)
  const paths = new Map<string, readonly number[]>()
  for (const node of ordered.slice(0, sequences)) {
    if (node === 0) continue
    const path = pathTo(tree, node).slice(1)
    const heaviest = table.successors(path.at(-2) ?? root, path.at(-1)!)?.tokens[0]
    if (heaviest !== undefined) path.push(heaviest)
    paths.set(path.join(), path)
  }
  const kept = [...paths.values()]
  const sizes = kept.map((path) => new Set(path).size)
  let total = sizes.reduce((sum, size) => sum + size, 0)
  while (total > nodes) {
    const longest = sizes.indexOf(Math.max(...sizes))
    total -= sizes[longest]!
    kept.splice(longest, 1)
    sizes.splice(longest, 1)
  }
  return kept
}
