/**
 * How many positions of each group a step fills: as equal as possible among those that have any masked, the remainder to the
 * first ones, which are the most urgent; what a group has no room for goes to the others.
 *
 * @param masked Masked positions by group.
 */
export const shares = (masked: readonly number[], budget: number): readonly number[] => {
  const given = masked.map(() => 0)
  let left = Math.min(
    budget,
    masked.reduce((sum, count) => sum + count, 0),
  )
  while (left > 0) {
    const open = masked.flatMap((count, group) => (count > given[group]! ? [group] : []))
    const even = Math.floor(left / open.length)
    const extra = left % open.length
    for (const [i, group] of open.entries()) {
      const more = Math.min(even + (i < extra ? 1 : 0), masked[group]! - given[group]!)
      given[group]! += more
      left -= more
    }
  }
  return given
}
