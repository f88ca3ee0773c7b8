import assert from "node:assert/strict"

/** The largest chi-square value that chance reaches once in some thirty thousand times (Wilson and Hilferty, 1931). */
const limit = (degrees: number): number => {
  const variance = 2 / (9 * degrees)
  return degrees * (1 - variance + 4 * Math.sqrt(variance)) ** 3
}

/**
 * Asserts that counts of `runs` outcomes fit a law: nothing impossible occurs and Pearson's chi-square stays below
 * its limit; outcomes expected less than five times are taken together.
 */
export const chiSquareHolds = (
  counts: ReadonlyMap<string, number>,
  law: ReadonlyMap<string, number>,
  runs: number,
): void => {
  for (const [outcome, count] of counts)
    assert.ok((law.get(outcome) ?? 0) > 0, `${outcome} is impossible and occurs ${count} times`)
  let rareExpected = 0
  let rareSeen = 0
  let value = 0
  let cells = 0
  const add = (seen: number, expected: number): void => {
    value += (seen - expected) ** 2 / expected
    cells++
  }
  for (const [outcome, probability] of law) {
    const expected = runs * probability
    const seen = counts.get(outcome) ?? 0
    if (expected >= 5) add(seen, expected)
    else {
      rareExpected += expected
      rareSeen += seen
    }
  }
  if (rareExpected > 0) add(rareSeen, rareExpected)
  assert.ok(value <= limit(Math.max(1, cells - 1)), `chi-square ${value.toFixed(1)} over ${cells} outcomes`)
}
