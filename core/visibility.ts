/**
 * Which rows a new row sees, over cached rows (columns `0 … C-1`) and new rows (columns `C … C+T-1`).
 * Every rule but `dense` lets a new row see all committed rows, or those listed in `cached`.
 * A row always sees itself.
 */
export type Visibility =
  | {
      /** Row `i` sees new row `j` iff `ranks[j] <= ranks[i]`: causal, bidirectional, block-causal, diagonals. */
      readonly rule: "ranked"
      readonly ranks: ArrayLike<number>
      readonly cached?: ArrayLike<number>
    }
  | {
      /** Row `i` sees its ancestors: `parents[i] < i` is a new row, `-1` means the committed rows. */
      readonly rule: "tree"
      readonly parents: ArrayLike<number>
      readonly cached?: ArrayLike<number>
    }
  | {
      /** Independent alternatives: row `i` sees new rows `j <= i` of its own branch, or any of it if `mutual`. */
      readonly rule: "branches"
      readonly branches: ArrayLike<number>
      readonly mutual?: boolean
      readonly cached?: ArrayLike<number>
    }
  | {
      /** `mask[i * (C + T) + j]` is 1 where row `i` sees column `j`. */
      readonly rule: "dense"
      readonly mask: Uint8Array
    }

/** The names of the rules; a model lists the ones it computes in `info.visibility`. */
export type VisibilityRule = Visibility["rule"]

/** Every row sees the rows before it, in row order. */
export const causal = (count: number): Visibility => {
  const ranks = new Int32Array(count)
  for (let i = 0; i < count; i++) ranks[i] = i
  return { rule: "ranked", ranks }
}

/** Every row sees every row. */
export const bidirectional = (count: number): Visibility => ({ rule: "ranked", ranks: new Int32Array(count) })

/** How many of the new rows may become one text: those of the longest of several branches, all of them otherwise. */
export const rowsTogether = (visibility: Visibility | undefined, count: number): number => {
  if (visibility?.rule !== "branches") return count
  const lengths = new Map<number, number>()
  let longest = 0
  for (let row = 0; row < count; row++) {
    const branch = visibility.branches[row]!
    const length = (lengths.get(branch) ?? 0) + 1
    lengths.set(branch, length)
    longest = Math.max(longest, length)
  }
  return longest
}

const addAncestors = (
  sees: Uint8Array,
  at: number,
  width: number,
  cachedRows: number,
  parent: number,
): void => {
  // A row's ancestors are its parent and what the parent sees, already written because parents come first.
  const from = parent * width + cachedRows
  const to = at + cachedRows
  for (let j = 0; j <= parent; j++) if (sees[from + j] === 1) sees[to + j] = 1
}

/**
 * The rule as a matrix `[T, C+T]` of 0 and 1, into `out` where given.
 *
 * @throws RangeError where a parent does not come before its row, or a `dense` mask has the wrong size.
 */
export const visibilityMatrix = (
  visibility: Visibility,
  cachedRows: number,
  newRows: number,
  out: Uint8Array = new Uint8Array(newRows * (cachedRows + newRows)),
): Uint8Array => {
  const width = cachedRows + newRows
  if (visibility.rule === "dense") {
    if (visibility.mask.length !== newRows * width)
      throw new RangeError(`A dense mask needs ${newRows} × ${width} entries, not ${visibility.mask.length}.`)
    out.set(visibility.mask)
    return out
  }
  out.fill(0)
  for (let i = 0; i < newRows; i++) {
    const at = i * width
    if (visibility.cached === undefined) out.fill(1, at, at + cachedRows)
    else
      for (let k = 0; k < visibility.cached.length; k++) {
        const column = visibility.cached[k]!
        if (column < 0 || column >= cachedRows)
          throw new RangeError(`Row ${column} is not among the ${cachedRows} cached rows.`)
        out[at + column] = 1
      }
    out[at + cachedRows + i] = 1
    if (visibility.rule === "ranked") {
      const rank = visibility.ranks[i]!
      for (let j = 0; j < newRows; j++) if (visibility.ranks[j]! <= rank) out[at + cachedRows + j] = 1
    } else if (visibility.rule === "tree") {
      const parent = visibility.parents[i]!
      if (parent >= i || parent < -1)
        throw new RangeError(`Row ${i} of a tree names parent ${parent}; parents come before their children.`)
      if (parent >= 0) addAncestors(out, at, width, cachedRows, parent)
    } else {
      const branch = visibility.branches[i]!
      const last = visibility.mutual === true ? newRows - 1 : i
      for (let j = 0; j <= last; j++) if (visibility.branches[j]! === branch) out[at + cachedRows + j] = 1
    }
  }
  return out
}
