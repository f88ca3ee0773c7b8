/**
 * A training step of a Llama-shaped model on the processor: tokens/s, model FLOPs against the rate of fp32 products that
 * onnxruntime reaches for its shapes, and memory against parameters, optimizer and what has to be kept. Steps and products
 * run in processes of their own and take turns of five, so that both meet the same neighbours and neither holds a core of
 * the other; a peer runs between the turns.
 * `npm run bench:training`; see README.md.
 */
import { execFileSync, fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { tunables } from "../cli/bin/_huge-pages.mjs"
import { countOr, readOptions, text } from "../scripts/options.ts"
import { savedBytes } from "./_saved-bytes.ts"
import { keepings, lossGraph, size } from "./_training-model.ts"
import type { Ran } from "./training-worker.ts"

const { values } = readOptions({
  call: "npm run bench:training --",
  about: "A training step of a Llama-shaped model by three ways of keeping what the way back needs.",
  options: {
    steps: countOr(20, "steps that are measured, of each way"),
    threads: countOr(2, "threads of a session"),
    sequences: countOr(16, `sequences of ${size.length} tokens in a batch`),
    peer: text("COMMAND", 'another program, which prints "N ms a step", once a turn', "none"),
  },
})
const { steps, sequences, threads } = values
const rows = sequences * size.length

const startProcess = (...options: readonly string[]): ChildProcess =>
  fork(
    fileURLToPath(new URL("./training-worker.ts", import.meta.url)),
    [...options, "--threads", String(threads), "--sequences", String(sequences)],
    // As `parade train` starts itself, where the user has not said otherwise.
    { execArgv: ["--import", "tsx"], env: { GLIBC_TUNABLES: tunables, ...process.env } },
  )

const runOnce = (child: ChildProcess): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const ended = (status: number | null): void =>
      reject(new Error(`A process of the bench ended: ${status}.`))
    child.once("exit", ended)
    child.once("message", (ran) => {
      child.off("exit", ended)
      resolve(ran as Ran)
    })
    child.send("run")
  })

const quantile = (times: readonly number[], share: number): number =>
  times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))]!

const middle = (times: readonly number[]): number => quantile(times, 0.5)
const timesOf = (runs: readonly Ran[]): readonly number[] => runs.map(({ milliseconds }) => milliseconds)
const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

/** Runs of each process in a row: the first of a turn finds caches that the other has filled. */
const TURN = 5

/** Milliseconds of a step of the peer: it prints a line with `N ms a step`, a median of its own. */
const runPeer = (command: string): number => {
  const told = execFileSync("bash", ["-c", command], { encoding: "utf8" })
  const milliseconds = /([\d.]+) ms a step/.exec(told)?.[1]
  if (milliseconds === undefined) throw new Error(`The peer does not say "N ms a step": ${told}`)
  return Number(milliseconds)
}

interface Measured {
  readonly steps: readonly Ran[]
  readonly products: readonly Ran[]
  /** Milliseconds of a step, once a turn. */
  readonly peer: readonly number[]
}

const measure = async (keeping: string, peer: string | undefined): Promise<Measured> => {
  const [step, products] = [startProcess("--keeping", keeping), startProcess()]
  const measured = { steps: [] as Ran[], products: [] as Ran[], peer: [] as number[] }
  // The first turn warms up.
  for (let turn = 0; turn <= Math.ceil(steps / TURN); turn++) {
    for (const [child, runs] of [
      [step, measured.steps],
      [products, measured.products],
    ] as const)
      for (let i = 0; i < TURN; i++) {
        const ran = await runOnce(child)
        if (turn > 0) runs.push(ran)
      }
    if (turn > 0 && peer !== undefined) measured.peer.push(runPeer(peer))
  }
  step.disconnect()
  products.disconnect()
  return measured
}

const rowOf = (keeping: string, { steps: own, products }: Measured): readonly string[] => {
  const times = timesOf(own)
  const { flops, usedBytes, compiledBytes, stateBytes, loss } = own.at(-1)!
  const kept = savedBytes(lossGraph(sequences, keepings[keeping]!))
  const [rate, best] = [flops / middle(times) / 1e6, products[0]!.flops / middle(timesOf(products)) / 1e6]
  return [
    keeping,
    `${middle(times).toFixed(0)} (${Math.min(...times).toFixed(0)})`,
    ((rows * 1000) / middle(times)).toFixed(0),
    `${rate.toFixed(0)} of ${best.toFixed(0)}, ${((100 * rate) / best).toFixed(0)} %`,
    megabytes(usedBytes),
    `${megabytes(stateBytes)} + ${megabytes(kept)}`,
    (usedBytes / (stateBytes + kept)).toFixed(2),
    megabytes(compiledBytes),
    loss.toFixed(3),
  ]
}

/** The peer's row, and by how much the step beside it is faster. */
const peerRow = ({ steps: own, peer }: Measured): readonly string[] => [
  "(the peer, in the same turns)",
  `${middle(peer).toFixed(0)} (${Math.min(...peer).toFixed(0)})`,
  ((rows * 1000) / middle(peer)).toFixed(0),
  `${(middle(peer) / middle(timesOf(own))).toFixed(2)} × the time above`,
  ...Array<string>(5).fill("–"),
]

const head = [
  "a step keeps",
  "ms, median (best)",
  "tokens/s",
  "GFLOP/s, of products alone",
  "memory, MB",
  "state + kept, MB",
  "ratio",
  "of it compiled, MB",
  "loss",
]

const printRow = (cells: readonly string[]): void => console.log(`| ${cells.join(" | ")} |`)

console.log(
  `${size.layers} layers of width ${size.width}, ${sequences}×${size.length} tokens, ${threads} threads\n`,
)
printRow(head)
printRow(head.map(() => "---"))
for (const keeping of Object.keys(keepings)) {
  const isFirst = keeping === Object.keys(keepings)[0]
  const measured = await measure(keeping, isFirst ? values.peer : undefined)
  printRow(rowOf(keeping, measured))
  if (measured.peer.length > 0) printRow(peerRow(measured))
}
