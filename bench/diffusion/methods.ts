import type { PipelineNode } from "@parade/core"
import { trainedLayout } from "@parade/nap/recipe"

/** A way of decoding by the name its paper gives it, at one setting. */
export interface Method {
  readonly method: string
  readonly setting: string
  /** Everything of the pipeline but the model. */
  readonly node: PipelineNode & { readonly use: string }
  /** Settings of the model that it was distilled to: its adapters, or its source. */
  readonly distilled?: Readonly<Record<string, string>>
}

/** Blocks as long as most answers: how a model of long canvases is asked short questions. */
const block = { length: 16 }

type Part = { readonly use: string } & Record<string, unknown>

const part = (name: string, settings?: object): Part =>
  settings === undefined ? { use: `@parade/${name}` } : { use: `@parade/${name}`, with: settings }

const method = (
  name: string,
  setting: string,
  unmasker: Part,
  others: Record<string, Part> = {},
): Method => ({
  method: name,
  setting,
  node: { use: "@parade/masked-diffusion", unmasker, schedule: part("blocks", block), ...others },
})

const preset = (name: string, setting: string, use: string, others: Record<string, unknown>): Method => ({
  method: name,
  setting,
  node: { use: `@parade/${use}`, ...others } as Method["node"],
})

const threshold = (value: number): Part => part("threshold", { threshold: value })

/** What everything is compared with: one token per step, every row computed in every step. */
export const baseline: Method = method("one per step", "uncached", part("fixed-count"))

const sweep = (
  name: string,
  symbol: string,
  values: readonly number[],
  unmasker: (value: number) => Part,
  others?: Record<string, Part>,
): readonly Method[] => values.map((value) => method(name, `${symbol} ${value}`, unmasker(value), others))

/** The filter of the package belongs to blocks of 32. */
const learn2pd = (
  more: string,
  settings: { readonly threshold: number; readonly endOfText?: string },
): Method =>
  method("Learn2PD", `τ ${settings.threshold}${more}`, part("learn2pd", settings), {
    schedule: part("blocks", { length: 32 }),
  })

const bounds = (value: number) => ({
  ...part("capped", { min: 1, max: 32, endAfter: 0 }),
  rule: threshold(value),
})

const dual = { refresh: part("dual-cache") }

/** All that are compared, the baseline first. */
export const methods: readonly Method[] = [
  baseline,
  method("one per step", "Fast-dLLM dual cache", part("fixed-count"), dual),
  ...sweep("LLaDA fixed count", "steps", [8, 4], (steps) => part("fixed-count", { steps })),
  ...sweep("threshold", "τ", [0.99, 0.9, 0.6], threshold),
  ...sweep("Fast-dLLM threshold, dual cache", "τ", [0.9], threshold, dual),
  ...sweep("Fast-dLLM threshold, prefix cache", "τ", [0.9], threshold, { refresh: part("prefix-cache") }),
  ...sweep("Fast-dLLM factor", "f", [0.5, 1.5], (factor) => part("factor", { factor })),
  ...sweep("dParallel's entropy rule", "η", [0.1, 0.5], (value) =>
    part("entropy-threshold", { threshold: value }),
  ),
  ...sweep("dParallel", "η", [0.1, 0.5, 0.9], (value) => part("entropy-threshold", { threshold: value })).map(
    (one) => ({ ...one, distilled: { adapters: "npm:@parade/dparallel/adapters" } }),
  ),
  ...sweep("CD4LM's bounds", "γ", [0.95], bounds),
  ...sweep("CD4LM", "γ", [0.95, 0.7], bounds).map((one) => ({
    ...one,
    distilled: { adapters: "npm:@parade/cd4lm/adapters" },
  })),
  ...sweep("TAD's open blocks", "η", [0.5, 0.9], (value) => part("entropy-threshold", { threshold: value }), {
    schedule: part("open-blocks", { ...block, openAt: 0.5 }),
  }),
  ...sweep("TAD", "η", [0.5], (value) => part("entropy-threshold", { threshold: value }), {
    schedule: part("open-blocks", { ...block, openAt: 0.5 }),
  }).map((one) => ({ ...one, distilled: { adapters: "npm:@parade/tad/adapters" } })),
  ...sweep("margin", "γ", [0.8], (value) => part("margin-threshold", { threshold: value })),
  ...sweep("LocalLeap", "τ 0.9, τ_r", [0.6], (relaxed) => part("localleap", { threshold: 0.9, relaxed })),
  ...sweep("CreditDecoding", "τ", [0.9, 0.7], (value) => ({
    ...part("credit-decoding"),
    rule: threshold(value),
  })),
  learn2pd("", { threshold: 0.96 }),
  learn2pd("", { threshold: 0.9 }),
  learn2pd(", no EoTP", { threshold: 0.96, endOfText: "off" }),
  ...sweep("FreeDave", "d", [4], (drafts) => part("freedave", { drafts })),
  ...sweep("FreeDave++", "d 4, τ", [0.9], (value) => part("freedave", { drafts: 4, threshold: value })),
  ...sweep(
    "Explore-Then-Exploit",
    "τ",
    [0.9, 0.7],
    (value) => part("explore-then-exploit", { threshold: value }),
    {
      schedule: part("blocks", { ...block, lookAhead: 1 }),
    },
  ),
  method("Window-Diffusion", "W 16, A 8", part("fixed-count"), {
    schedule: part("window-diffusion", { active: 8 }),
    refresh: part("window-diffusion", { window: 16, cycle: 8 }),
  }),
  method("Window-Diffusion", "W 16, A 8, τ 0.9", threshold(0.9), {
    schedule: part("window-diffusion", { active: 8 }),
    refresh: part("window-diffusion", { window: 16, cycle: 8 }),
  }),
  {
    ...preset("Fast-dLLM v2", "blocks 8, sub-blocks 4, τ 0.9", "fast-dllm-v2", {
      schedule: part("sub-blocks", { length: 8, subLength: 4, align: "sequence", firstAlone: true }),
      refresh: part("exact-block-cache", { block: 8 }),
      unmasker: threshold(0.9),
    }),
    distilled: { source: "npm:@parade/fast-dllm-v2/model" },
  },
  { ...preset("WeDLM", "its own", "wedlm", {}), distilled: { source: "npm:@parade/wedlm/model" } },
]

const ownTraces = (name: string, setting: string, schedule: string, unmasker: Part): Method => ({
  ...preset(name, setting, "nap", { with: trainedLayout, schedule: part(schedule), unmasker }),
  distilled: { source: "npm:@parade/nap/model" },
})

/** Of a model that answers by traces: in any order and, after the paper, forced to fill them at the same pace. */
export const traceMethods: readonly Method[] = [
  ownTraces("any order", "one per step", "whole-canvas", part("budget", { tokens: 1 })),
  ...[3, 6, 12].flatMap((tokens) => [
    ownTraces("any order", `K ${tokens}`, "whole-canvas", part("budget", { tokens })),
    ownTraces("NAP", `K ${tokens}`, "traces", part("budget", { tokens })),
  ]),
  ...[0.9, 0.6].map((value) => ownTraces("threshold", `τ ${value}`, "whole-canvas", threshold(value))),
]
