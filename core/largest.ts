import { notANumber } from "./argmax.ts"

/** Whether the value at `a` comes after the value at `b`: smaller, or equal with the higher index. */
const isWorse = (values: ArrayLike<number>, a: number, b: number): boolean =>
  values[a]! < values[b]! || (values[a]! === values[b]! && a > b)

const siftDown = (heap: Int32Array, values: ArrayLike<number>): void => {
  const moved = heap[0]!
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && isWorse(values, heap[child + 1]!, heap[child]!)) child++
    if (!isWorse(values, heap[child]!, moved)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = moved
}

/**
 * The indices of the `k` greatest values, greatest first, lower index first at ties; fewer where fewer are possible.
 * `-Infinity` means impossible. Time `n + m log k`, where `m` values enter the selection.
 *
 * @throws DecodeError `decode.not-a-number` at NaN.
 */
export const largest = (values: ArrayLike<number>, k: number): Int32Array => {
  const size = Math.max(0, Math.min(Math.floor(k), values.length))
  if (size === 0) return new Int32Array(0)
  // A heap whose root is the worst of the chosen; a later equal value never replaces it.
  const heap = new Int32Array(size)
  let held = 0
  let i = 0
  for (; i < values.length && held < size; i++) {
    const value = values[i]!
    if (value !== value) throw notANumber(i)
    if (value > -Infinity) heap[held++] = i
  }
  const chosen = heap.subarray(0, held)
  chosen.sort((a, b) => (isWorse(values, a, b) ? -1 : 1))
  if (held === size) {
    let worst = values[chosen[0]!]!
    for (; i < values.length; i++) {
      const value = values[i]!
      if (!(value <= worst)) {
        if (value !== value) throw notANumber(i)
        chosen[0] = i
        siftDown(chosen, values)
        worst = values[chosen[0]!]!
      }
    }
  }
  return chosen.slice().sort((a, b) => (isWorse(values, a, b) ? 1 : -1))
}
