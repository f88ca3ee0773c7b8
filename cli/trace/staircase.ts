import { escape } from "../chart.ts"
import type { Trace } from "./trace.ts"

/** Sides of a cell in pixels, so that a long text stays a picture and a short one can be read. */
const side = (room: number, count: number, least: number, most: number): number =>
  Math.min(most, Math.max(least, Math.floor(room / Math.max(1, count))))

/** The beginning of a piece as a cell has room for it, in whole characters and with a sign that there is more; a token that is nothing but space as a sign of it. */
const letter = (piece: string): string => {
  const text = piece.trim()
  if (text === "") return piece.includes("\n") ? "↵" : piece === "" ? "∅" : "␣"
  const characters = [...text]
  return characters.length > 4 ? `${characters.slice(0, 3).join("")}…` : text
}

const margin = { left: 44, top: 22 }

/** Every so-manieth, about ten in all. */
const spaced = (count: number): number =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].find((n) => count / n <= 12) ?? 1000

/**
 * Which place came to stand in which round, as an SVG: a place is a column and a round a row. From left to right by one
 * token it is a staircase, by drafts a flatter one, and a canvas fills here and there. What stood for the time being is pale,
 * what was cut away is hollow.
 */
export const staircase = (
  { rounds, tokens, cut }: Trace,
  pieces: readonly string[],
  colourOf: (proposer: string | null) => string,
): string => {
  const open = rounds.flatMap(({ provisional }) => provisional)
  const places = 1 + [...tokens, ...cut, ...open].reduce((most, { place }) => Math.max(most, place), 0)
  const rows = Math.max(1, rounds.length)
  const [w, h] = [side(1100, places, 3, 30), side(700, rows, 3, 18)]
  const [width, height] = [margin.left + places * w + 8, margin.top + rows * h + 4]
  const cell = (place: number, row: number, style: string, title: string): string =>
    `<rect class="cell ${style}" x="${margin.left + place * w}" y="${margin.top + row * h}" width="${w}" height="${h}"><title>${escape(title)}</title></rect>`
  const pale = rounds.flatMap(({ provisional }, row) =>
    provisional.map(({ place }) =>
      cell(place, row, "pale", `place ${place}, round ${row}: for the time being`),
    ),
  )
  const cells = tokens.map(({ place, round, proposer }, i) =>
    cell(
      place,
      round,
      colourOf(proposer),
      `${JSON.stringify(pieces[i])}\nplace ${place}, round ${round}, ${proposer ?? "the model"}`,
    ),
  )
  const hollow = cut.map(({ place, round }) =>
    cell(place, round, "hollow", `place ${place}, round ${round}: behind the end, cut away`),
  )
  const letters =
    w < 22 || h < 11
      ? []
      : tokens.map(({ place, round }, i) => {
          const text = letter(pieces[i]!)
          return `<text class="piece" x="${margin.left + (place + 0.5) * w}" y="${margin.top + (round + 0.5) * h + 3.5}" text-anchor="middle">${escape(text)}</text>`
        })
  const columns = Array.from(
    { length: Math.ceil(places / spaced(places)) },
    (_, i) => i * spaced(places),
  ).map(
    (place) =>
      `<text x="${margin.left + (place + 0.5) * w}" y="${margin.top - 7}" text-anchor="middle">${place}</text>`,
  )
  const lines = Array.from({ length: Math.ceil(rows / spaced(rows)) }, (_, i) => i * spaced(rows)).map(
    (row) =>
      `<text x="${margin.left - 6}" y="${margin.top + (row + 0.5) * h + 4}" text-anchor="end">${row}</text>`,
  )
  return `<div class="wide"><svg class="staircase" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Places by the round they came to stand in">
<text x="${margin.left - 6}" y="${margin.top - 7}" text-anchor="end">round</text>
${[...columns, ...lines, ...pale, ...hollow, ...cells, ...letters].join("\n")}
</svg></div>`
}
