import { exponential, greatestLogit, type LogitsProcessor, type LogitsRow } from "@parade/core"

/** Bins per unit of `(greatest − logit) / temperature`, and how many: the last bin holds all that is left. */
const binsPerUnit = 8
const bins = 512

/**
 * The smallest set of the most probable tokens whose probabilities reach `p`, at least one; lowest ids at ties.
 *
 * Instead of sorting the vocabulary, masses are added up in bins of nearly equal logits; only the bin in which `p` is
 * reached is sorted.
 */
const nucleus = (row: LogitsRow, p: number): Int32Array => {
  const { logits, candidates } = row
  const scale = 1 / row.temperature
  const count = candidates?.length ?? logits.length
  const greatest = greatestLogit(row)
  const masses = new Float64Array(bins)
  const members = new Int32Array(bins)
  let total = 0
  for (let i = 0; i < count; i++) {
    const x = (logits[candidates === undefined ? i : candidates[i]!]! - greatest) * scale
    const weight = exponential(x)
    if (weight === 0) continue
    const bin = Math.min(bins - 1, (-x * binsPerUnit) | 0)
    masses[bin]! += weight
    members[bin]!++
    total += weight
  }

  const target = p * total
  let last = 0
  let above = 0
  let kept = 0
  while (last < bins - 1 && above + masses[last]! < target) {
    above += masses[last]!
    kept += members[last]!
    last++
  }

  const sure = new Int32Array(kept)
  const doubtful = new Int32Array(members[last]!)
  let sureAt = 0
  let doubtfulAt = 0
  for (let i = 0; i < count; i++) {
    const token = candidates === undefined ? i : candidates[i]!
    const x = (logits[token]! - greatest) * scale
    if (!(x > -700)) continue
    const bin = Math.min(bins - 1, (-x * binsPerUnit) | 0)
    if (bin < last) sure[sureAt++] = token
    else if (bin === last) doubtful[doubtfulAt++] = token
  }

  doubtful.sort((a, b) => logits[b]! - logits[a]! || a - b)
  let reached = above
  let more = 0
  while (more < doubtful.length && (reached < target || kept + more === 0))
    reached += exponential((logits[doubtful[more++]!]! - greatest) * scale)

  const set = new Int32Array(kept + more)
  set.set(sure)
  set.set(doubtful.subarray(0, more), kept)
  return set.sort()
}

/** Nucleus sampling (Holtzman et al., 2019): keeps the smallest set of tokens whose probabilities reach `p`. */
export const topP = (p: number): LogitsProcessor => ({
  order: "any",
  process: (row) => ({ ...row, candidates: nucleus(row, p) }),
})
