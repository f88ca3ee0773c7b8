/** A line of a chart. */
export interface Series {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** What the line before is compared with: drawn dashed in its colour. */
  readonly dashed?: boolean
  /** Drawn in the colour of the grid, behind what matters. */
  readonly faint?: boolean
}

const [width, height] = [720, 300]
const margin = { left: 56, right: 22, top: 10, bottom: 30 }

export const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** Round numbers across a range, about as many as asked for. */
export const ticks = (low: number, high: number, about: number): readonly number[] => {
  const rough = (high - low) / about
  if (!(rough > 0) || !Number.isFinite(rough)) return [low]
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5].find((factor) => factor * power >= rough) ?? 10)
  const first = Math.ceil(low / step)
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  )
}

const round = (value: number): string => value.toFixed(1)

/** At most so many points: means of neighbours. */
const thinned = (points: Series["points"], most = 600): Series["points"] => {
  if (points.length <= most) return points
  return Array.from({ length: most }, (_, i) => {
    const part = points.slice(
      Math.floor((i * points.length) / most),
      Math.floor(((i + 1) * points.length) / most),
    )
    const mean = (axis: 0 | 1): number => part.reduce((sum, point) => sum + point[axis], 0) / part.length
    return [mean(0), mean(1)] as const
  })
}

/** Lines over steps as an SVG with axes and a legend; nothing but a remark where there are no points. Of counts, `fromZero`. */
export const lineChart = (
  title: string,
  unit: string,
  series: readonly Series[],
  { fromZero = false }: { readonly fromZero?: boolean } = {},
): string => {
  const lines = series.map((one) => ({ ...one, points: thinned(one.points) }))
  const all = lines.flatMap(({ points }) => points)
  if (all.length === 0) return `<figure><figcaption>${escape(title)}</figcaption><p>Nothing yet.</p></figure>`
  const xs = all.map(([x]) => x)
  const ys = [...all.map(([, y]) => y), ...(fromZero ? [0] : [])]
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const pad = high > low ? 0.04 * (high - low) : Math.abs(high) * 0.1 || 1
  const [bottom, top] = [fromZero && low === 0 ? 0 : low - pad, high + pad]
  const plot = { x: width - margin.left - margin.right, y: height - margin.top - margin.bottom }
  const atX = (x: number): number =>
    margin.left + (right > left ? ((x - left) / (right - left)) * plot.x : plot.x / 2)
  const atY = (y: number): number => margin.top + (1 - (y - bottom) / (top - bottom)) * plot.y
  const rows = ticks(bottom, top, 5).map(
    (y) =>
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${round(atY(y))}" y2="${round(atY(y))}"/>` +
      `<text x="${margin.left - 6}" y="${round(atY(y) + 4)}" text-anchor="end">${y}</text>`,
  )
  const columns = ticks(left, right, 7).map(
    (x) => `<text x="${round(atX(x))}" y="${height - 10}" text-anchor="middle">${x}</text>`,
  )
  let turn = 0
  // Dashed lines have one key together: their colours are those of the lines they belong to.
  const drawn = lines.map(({ name, points, dashed, faint }) => {
    const colour = faint === true ? "faint" : `c${(dashed === true ? Math.max(0, turn - 1) : turn++) % 8}`
    const path = points.map(([x, y]) => `${round(atX(x))},${round(atY(y))}`).join(" ")
    const dots =
      points.length === 1
        ? `<circle class="dot ${colour}" cx="${round(atX(points[0]![0]))}" cy="${round(atY(points[0]![1]))}" r="3"/>`
        : ""
    return {
      line: `<polyline class="line ${colour}${dashed === true ? " dashed" : ""}" points="${path}"/>${dots}`,
      key: `<span><i class="key ${dashed === true ? "dashed" : colour}"></i>${escape(name)}</span>`,
    }
  })
  return `<figure><figcaption>${escape(title)} <small>${escape(unit)}</small></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">${rows.join("")}${columns.join("")}${drawn.map(({ line }) => line).join("")}</svg>
<p class="legend">${[...new Set(drawn.map(({ key }) => key))].join("")}</p></figure>`
}
