import { escape, lineChart } from "../chart.ts"
import { style } from "../page-style.ts"
import { undirected } from "./undirected.ts"
import { staircase } from "./staircase.ts"
import type { Trace, TracedToken } from "./trace.ts"

/** What a page is of. */
export interface TraceSubject {
  /** `speculative`, say. */
  readonly name: string
  /** The plugins it is composed of, as `parade check` shows them. */
  readonly plan: string
  readonly model: string
}

const colours = ["#93c5fd", "#fcd34d", "#6ee7b7", "#fca5a5", "#c4b5fd", "#67e8f9"]

const ownStyle = `
.text { white-space: pre-wrap; overflow-wrap: anywhere; font: 15px/1.9 ui-monospace, monospace; padding: 1rem; border: 1px solid var(--soft); border-radius: 6px; }
.text span { color: #111827; border-radius: 3px; padding: .1rem 0; box-decoration-break: clone; }
.text span:empty { padding: .1rem .3rem; }
.text .first { border-left: 2px solid var(--ink); }
.wide { overflow-x: auto; } svg.staircase { width: auto; max-width: none; }
.cell { stroke: light-dark(#ffffff, #111827); stroke-width: .5; } svg .piece { font-size: 10px; fill: #111827; opacity: 1; }
.own { --shade: light-dark(#b6bcc6, #9ca3af); } .given { --shade: light-dark(#e5e7eb, #6b7280); }
.own, .given { background: var(--shade); fill: var(--shade); }
.cell.hollow { fill: none; stroke: var(--soft); stroke-width: 1; }
.pale { fill: light-dark(#eef2ff, #1e293b); }
.swatch { display: inline-block; width: 1rem; height: 1rem; border-radius: 3px; margin-right: .4rem; vertical-align: -.15rem; }
pre { overflow-x: auto; opacity: .85; } th.n, td { padding-right: 1.5rem; text-align: right; }
${colours.map((colour, i) => `.p${i} { background: ${colour}; fill: ${colour}; }`).join("\n")}
`

const number = (value: number, digits = 0): string => value.toFixed(digits)

const counted = (count: number, one: string): string => `${count} ${one}${count === 1 ? "" : "s"}`

const facts = ({ finished: { stats, reason } }: Trace): readonly (readonly [string, string])[] => [
  ["tokens", `${stats.tokens}, ended by ${reason}`],
  ["prompt tokens", `${stats.promptTokens}`],
  ["rounds", `${stats.rounds}`],
  ["forwards, rows", `${stats.forwards}, ${stats.rows}`],
  ["tokens per forward", number(stats.tokensPerForward, 2)],
  ["mean acceptance length", number(stats.meanAcceptanceLength, 2)],
  ["prefill, decoding", `${number(stats.prefillMs)} ms, ${number(stats.decodeMs)} ms`],
  ["tokens/s", number(stats.tokensPerSecond)],
  ...Object.entries(stats.counters ?? {}).map(([name, value]) => [name, `${value}`] as const),
]

const table = (rows: readonly (readonly [string, string])[]): string =>
  `<table>${rows.map(([name, value]) => `<tr><th>${escape(name)}</th><td>${escape(value)}</td></tr>`).join("")}</table>`

const proposerTable = ({ finished: { stats } }: Trace): string => {
  const rows = Object.entries(stats.byProposer)
  if (rows.length === 0) return ""
  const line = (cells: readonly (string | number)[], tag: string): string =>
    `<tr><th>${escape(String(cells[0]))}</th>${cells
      .slice(1)
      .map((cell) => `<${tag} class="n">${cell}</${tag}>`)
      .join("")}</tr>`
  return `<h2>Drafts</h2><div class="wide"><table>${line(["proposer", "proposed", "accepted", "rejected", "never reached"], "th")}${rows
    .map(([name, { proposed, accepted, rejected, unreached }]) =>
      line([name, proposed, accepted, rejected, unreached], "td"),
    )
    .join("")}</table></div>`
}

/** The text, each token in the colour of who proposed it; a line where a round begins. */
const textOf = (
  { rounds }: Trace,
  tokens: readonly TracedToken[],
  pieces: readonly string[],
  colourOf: (proposer: string | null) => string,
): string =>
  tokens
    .map(({ id, place, round, proposer }, i) => {
      const event = rounds[round]?.event
      const begins = i > 0 && tokens[i - 1]!.round !== round
      const title = [
        `${JSON.stringify(pieces[i])}, token ${id}, place ${place}`,
        `round ${round}, by ${proposer ?? "the model"}`,
        ...(event === undefined
          ? []
          : [
              `${counted(event.forwards, "forward")} of ${counted(event.rows, "row")}, ${number(event.milliseconds, 2)} ms`,
              `${event.proposed} proposed, ${event.accepted} accepted, ${event.appended} appended`,
            ]),
      ].join("\n")
      return `<span class="${colourOf(proposer)}${begins ? " first" : ""}" title="${escape(title)}">${escape(undirected(pieces[i]!))}</span>`
    })
    .join("")

/** How a text came about as one HTML page that needs nothing else: which token came when and from whom. */
export const tracePage = (subject: TraceSubject, trace: Trace, pieces: readonly string[]): string => {
  const { rounds, tokens } = trace
  const proposers = [...new Set(tokens.flatMap(({ proposer }) => proposer ?? []))].filter(
    (proposer) => proposer !== "given",
  )
  const colourOf = (proposer: string | null): string =>
    proposer === null
      ? "own"
      : proposer === "given"
        ? "given"
        : `p${proposers.indexOf(proposer) % colours.length}`
  const isPale = rounds.some(({ provisional }) => provisional.length > 0)
  const legend = [
    ["own", "the model itself"] as const,
    ...proposers.map((proposer) => [colourOf(proposer), proposer] as const),
    ...(tokens.some(({ proposer }) => proposer === "given") ? [["given", "given"] as const] : []),
  ]
    .map(([colour, name]) => `<span><i class="swatch ${colour}"></i>${escape(name)}</span>`)
    .join("")
  const perRound = rounds.map(({ event }) => [event.index, event.accepted + event.appended] as const)
  // A line through fewer rounds says nothing.
  const charts =
    rounds.length < 3
      ? []
      : [
          lineChart("Tokens", "that came to stand, by round", [{ name: "tokens", points: perRound }], {
            fromZero: true,
          }),
          lineChart("Rows", "of the target's forwards, by round", [
            { name: "rows", points: rounds.map(({ event }) => [event.index, event.rows]) },
          ]),
          lineChart("Time", "milliseconds, by round", [
            { name: "ms", points: rounds.map(({ event }) => [event.index, event.milliseconds]) },
          ]),
        ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(subject.name)}: ${trace.finished.stats.tokens} tokens in ${rounds.length} rounds</title><style>${style}${ownStyle}</style></head><body>
<h1>${escape(subject.name)}</h1><p>${escape(subject.model)}</p>
${table(facts(trace))}
${proposerTable(trace)}
<h2>Text</h2><p class="legend">${legend}</p>
<div class="text">${textOf(trace, tokens, pieces, colourOf)}</div>
<h2>When each place came to stand</h2><p><small>Columns are places, rows are rounds.${isPale ? " Pale: what stood for the time being." : ""}${trace.cut.length > 0 ? " Hollow: what stood behind the end of the text and was cut away." : ""} Point at a cell to read it.</small></p>
${staircase(trace, pieces, colourOf)}
<main>${charts.join("\n")}</main>
<h2>Pipeline</h2><pre>${escape(subject.plan)}</pre>
</body></html>
`
}
