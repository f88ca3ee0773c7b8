import type { Line } from "./lines.ts"
import type { Bound } from "./tasks.ts"

const [width, height] = [760, 420]
const plot = { left: 52, top: 34, right: 500, bottom: 376 }
const colours = [
  "#1b6ca8",
  "#d1495b",
  "#2e8b57",
  "#e08e0b",
  "#7a4fb5",
  "#00798c",
  "#8d6e63",
  "#c2185b",
  "#546e7a",
  "#6b8e23",
  "#b5651d",
  "#3f51b5",
  "#009688",
  "#000000",
]

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const text = (x: number, y: number, content: string, more = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(content)}</text>`

/** The mark of a method: the colours once as circles, then as squares, then as diamonds. */
const markOf =
  (index: number) =>
  (x: number, y: number, radius: number, inside = ""): string => {
    const colour = colours[index % colours.length]!
    const shape = Math.floor(index / colours.length) % 3
    if (shape === 0)
      return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" fill="${colour}">${inside}</circle>`
    const half = shape === 1 ? 0.9 * radius : 1.3 * radius
    const [a, b] = [x, y].map((at) => [at - half, at, at + half].map((value) => value.toFixed(1))) as [
      string[],
      string[],
    ]
    const corners =
      shape === 1
        ? `M${a[0]} ${b[0]}H${a[2]}V${b[2]}H${a[0]}Z`
        : `M${a[1]} ${b[0]}L${a[2]} ${b[1]}L${a[1]} ${b[2]}L${a[0]} ${b[1]}Z`
    return `<path d="${corners}" fill="${colour}">${inside}</path>`
  }

/** Quality over speed for one task: a line per method through its settings, and what an ideal model could reach. */
export const frontierPicture = (title: string, lines: readonly Line[], bounds: readonly Bound[]): string => {
  const most = Math.max(4, ...lines.map(({ tokensPerForward }) => Math.ceil(tokensPerForward + 0.5)))
  const least = Math.min(1, ...lines.map(({ tokensPerForward }) => tokensPerForward)) * 0.9
  const x = (value: number): number =>
    plot.left + (Math.log2(value / least) / Math.log2(most / least)) * (plot.right - plot.left)
  const y = (value: number): number => plot.bottom - value * (plot.bottom - plot.top)
  const parts: string[] = [
    `<rect width="${width}" height="${height}" fill="white"/>`,
    text(plot.left, 20, title, 'font-size="14" font-weight="bold"'),
    text((plot.left + plot.right) / 2, height - 8, "tokens per forward", 'text-anchor="middle"'),
    text(
      14,
      (plot.top + plot.bottom) / 2,
      "correct",
      `transform="rotate(-90 14 ${(plot.top + plot.bottom) / 2})"`,
    ),
  ]
  for (const share of [0, 0.25, 0.5, 0.75, 1])
    parts.push(
      `<path d="M${plot.left} ${y(share).toFixed(1)}H${plot.right}" stroke="#ddd"/>`,
      text(plot.left - 6, y(share) + 4, `${100 * share} %`, 'text-anchor="end"'),
    )
  for (let tick = 2 ** Math.ceil(Math.log2(least)); tick <= most; tick *= 2)
    parts.push(
      `<path d="M${x(tick).toFixed(1)} ${plot.top}V${plot.bottom}" stroke="#eee"/>`,
      text(x(tick), plot.bottom + 16, String(tick), 'text-anchor="middle"'),
    )
  let row = 0
  const legend = (label: string, mark: (x: number, y: number) => string): void => {
    const at = plot.top + 8 + 17 * row++
    parts.push(mark(plot.right + 22, at), text(plot.right + 34, at + 4, label))
  }
  for (const { label, accuracy } of bounds) {
    const points: string[] = []
    for (let k = 1; k <= most; k++) {
      const [cx, cy] = [x(k).toFixed(1), y(accuracy(k)).toFixed(1)]
      points.push(`${cx} ${cy}`)
      parts.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="none" stroke="#888"/>`)
    }
    parts.push(
      `<path d="M${points.join("L")}" fill="none" stroke="#888" stroke-dasharray="5 4" stroke-width="1.5"/>`,
    )
    legend(
      label,
      (at, level) =>
        `<path d="M${at - 8} ${level}H${at + 8}" stroke="#888" stroke-dasharray="5 4" stroke-width="1.5"/>`,
    )
  }
  for (const [index, method] of [...new Set(lines.map((line) => line.method))].entries()) {
    const colour = colours[index % colours.length]!
    const mark = markOf(index)
    const own = lines
      .filter((line) => line.method === method)
      .toSorted((a, b) => a.tokensPerForward - b.tokensPerForward)
    const place = ({ tokensPerForward, accuracy }: Line): readonly [number, number] => [
      x(tokensPerForward),
      y(accuracy),
    ]
    parts.push(
      `<path d="M${own
        .map((line) =>
          place(line)
            .map((value) => value.toFixed(1))
            .join(" "),
        )
        .join("L")}" fill="none" stroke="${colour}" stroke-opacity="0.6"/>`,
    )
    for (const line of own) {
      const [cx, cy] = place(line)
      const what = `${method}, ${line.setting}: ${(100 * line.accuracy).toFixed(0)} % at ${line.tokensPerForward.toFixed(2)}`
      parts.push(mark(cx, cy, line.isFrontier ? 5 : 3.5, `<title>${escaped(what)}</title>`))
    }
    legend(method, (at, level) => mark(at, level, 4))
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">\n${parts.join("\n")}\n</svg>\n`
}
