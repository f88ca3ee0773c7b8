const steps = 256
const ln2High = 6.9314718036912381649e-1
const ln2Low = 1.90821492927058770002e-10
const high = ln2High / steps
const low = ln2Low / steps
const perStep = steps / Math.LN2
/** Adding and subtracting it rounds to an integer: 1.5 · 2^52. */
const rounder = 6755399441055744

const fractions = new Float64Array(steps)
for (let i = 0; i < steps; i++) fractions[i] = 2 ** (i / steps)
const powers = new Float64Array(1023)
for (let i = 0; i < powers.length; i++) powers[i] = 2 ** -i

/**
 * `e^x` for `x <= 0`, to 2 units in the last place; `0` from `-700` down.
 *
 * `Math.exp` may differ between engines, and with it the token that a seed gives; this is the same everywhere, and
 * about twice as fast. Table-driven reduction (Tang, 1989): `x = n · ln 2 / 256 + r`, `|r| <= ln 2 / 512`.
 */
export const exponential = (x: number): number => {
  if (!(x > -700)) return 0
  const nearest = x * perStep + rounder - rounder
  const n = nearest | 0
  const r = x - nearest * high - nearest * low
  const polynomial = 1 + r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24))))
  return fractions[n & (steps - 1)]! * polynomial * powers[-(n >> 8)]!
}
