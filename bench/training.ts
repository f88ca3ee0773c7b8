/**
 * A training step of a Llama-shaped model on the processor: tokens/s, model FLOPs against the rate of fp32 products that
 * onnxruntime reaches for its shapes, and memory against parameters, optimizer and what has to be kept. Steps and products
 * run in processes of their own and take turns of five, so that both meet the same neighbours and neither holds a core of
 * the other.
 * `npm run bench:training -- [--steps N] [--threads N] [--sequences N] [--peer COMMAND]`; see README.md.
 */
import { execFileSync, fork } from "node:child_process"
import type { ChildProcess } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { keepings, size } from "./_training-model.ts"
import type { Ran } from "./training-worker.ts"

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "20" },
    threads: { type: "string", default: "2" },
    sequences: { type: "string", default: "16" },
    peer: { type: "string" },
  },
})
const steps = Number(values.steps)
const rows = Number(values.sequences) * size.length

const startProcess = (...options: readonly string[]): ChildProcess =>
  fork(
    fileURLToPath(new URL("./training-worker.ts", import.meta.url)),
    [...options, "--threads", values.threads, "--sequences", values.sequences],
    // As `parade train` starts itself, where the user has not said otherwise.
    { execArgv: ["--import", "tsx"], env: { GLIBC_TUNABLES: "glibc.malloc.hugetlb=1", ...process.env } },
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

const median = (runs: readonly Ran[]): number =>
  quantile(
    runs.map(({ milliseconds }) => milliseconds),
    0.5,
  )

const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(0)

/** Runs of each process in a row: the first of a turn finds caches that the other has filled. */
const TURN = 5

const measure = async (keeping: string): Promise<readonly string[]> => {
  const [step, products] = [startProcess("--keeping", keeping), startProcess()]
  const [own, theirs]: [Ran[], Ran[]] = [[], []]
  // The first turn warms up.
  for (let turn = 0; turn <= Math.ceil(steps / TURN); turn++)
    for (const [child, runs] of [
      [step, own],
      [products, theirs],
    ] as const)
      for (let i = 0; i < TURN; i++) {
        const ran = await runOnce(child)
        if (turn > 0) runs.push(ran)
      }
  step.disconnect()
  products.disconnect()
  const { flops, usedBytes, stateBytes, savedBytes, loss } = own.at(-1)!
  const [rate, best] = [flops / median(own) / 1e6, theirs[0]!.flops / median(theirs) / 1e6]
  return [
    keeping,
    `${median(own).toFixed(0)} (${Math.min(...own.map(({ milliseconds }) => milliseconds)).toFixed(0)})`,
    ((rows * 1000) / median(own)).toFixed(0),
    `${rate.toFixed(0)} of ${best.toFixed(0)}, ${((100 * rate) / best).toFixed(0)} %`,
    megabytes(usedBytes),
    `${megabytes(stateBytes)} + ${megabytes(savedBytes)}`,
    (usedBytes / (stateBytes + savedBytes)).toFixed(2),
    loss.toFixed(3),
  ]
}

const head = [
  "a step keeps",
  "ms, median (best)",
  "tokens/s",
  "GFLOP/s, of products alone",
  "memory, MB",
  "state + kept, MB",
  "ratio",
  "loss",
]

const printRow = (cells: readonly string[]): void => console.log(`| ${cells.join(" | ")} |`)

console.log(
  `${size.layers} layers of width ${size.width}, ${values.sequences}×${size.length} tokens, ${values.threads} threads\n`,
)
printRow(head)
printRow(head.map(() => "---"))
const told: string[] = []
for (const keeping of Object.keys(keepings)) {
  printRow(await measure(keeping))
  if (values.peer !== undefined)
    told.push(execFileSync("bash", ["-c", values.peer], { encoding: "utf8" }).trim())
}
for (const line of told) console.log(`\nThe peer, between: ${line}`)
