import { integer, stream } from "../_hash.ts"

/** Texts that differ from an answer: cut, doubled, with characters lost, repeated, exchanged or made others. */
export const mutations = (answer: string, key: string): readonly string[] => {
  const next = stream(Array.from(key, (char) => char.charCodeAt(0)).reduce((sum, code) => sum * 31 + code, 7))
  const units = Array.from(answer)
  const at = (): number => integer(next, units.length)
  const joined = (parts: readonly (readonly string[])[]): string => parts.flat().join("")
  const all = [joined([units.slice(0, units.length >> 1)]), joined([units, units])]
  for (let i = 0; i < 6; i++) {
    const [a, b] = [at(), at()].toSorted((x, y) => x - y) as [number, number]
    all.push(joined([units.slice(0, a), units.slice(a + 1)]))
    all.push(joined([units.slice(0, a + 1), units.slice(a)]))
    all.push(joined([units.slice(0, a), [units[b]!], units.slice(a + 1)]))
    all.push(joined([units.slice(0, a), ["#"], units.slice(a + 1)]))
    all.push(joined([units.with(a, units[b]!).with(b, units[a]!)]))
  }
  return all.filter((text) => text !== answer)
}
