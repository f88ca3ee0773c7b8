import { type Distribution, type OutputRows, type ProposalLaw, uniform } from "@parade/core"
import {
  chain,
  type Draft,
  type DraftContext,
  type Drafter,
  emptyTree,
  type TargetUse,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { SpeculativeJacobiConfig } from "./config.ts"

/** What it takes of its target: what that says behind every draft, be it that the draft was refused. */
export const uses: TargetUse = { proposals: ["logits"] }

/** What the target said of the places behind the newest token, and how long the text was then. */
interface Said {
  readonly length: number
  /** Row `first + i` is of the place `length + i`. */
  readonly first: number
  readonly logits: OutputRows
}

const openDraft = (
  { window, start, rowLength }: SpeculativeJacobiConfig,
  { target, history, sampler, seed, accepts }: DraftContext,
): Draft => {
  const { vocabularySize, endTokens } = target.info
  const isDrawn = accepts.find((law) => law === "iid" || law === "point") === "iid"
  let said: Said | undefined
  /** Whether the token before a place is of the same row. */
  const hasLeft = (position: number): boolean =>
    rowLength === undefined || (position - history.promptLength) % rowLength !== 0
  /** A guess from what stands on the left: its token, or what was likeliest there. */
  const guess = (position: number, left: number): number =>
    start === "random" || left < 0 || !hasLeft(position)
      ? Math.floor(uniform(seed, "noise", position, history.length) * vocabularySize)
      : left
  return {
    plan: ({ nodes, depth }) =>
      Effect.sync(() => {
        const count = Math.min(window - 1, nodes, depth)
        if (count < 1) return emptyTree
        const tokens: number[] = []
        const laws = new Map<number, ProposalLaw>()
        // Not of another place: rounds may have passed that the drafter was not asked in.
        const known = said?.length === history.length ? said : undefined
        let left = history.tokens.at(-1)!
        while (tokens.length < count && !endTokens.includes(tokens.at(-1)!)) {
          const position = history.length + tokens.length
          const row = (known?.first ?? 0) + tokens.length
          let token: number
          if (known !== undefined && row < known.logits.count) {
            const q: Distribution = sampler.process(known.logits.row(row), {
              history,
              path: tokens,
              position,
            })
            // Drawn anew in every round, each time by a draw of its own; or, for a verifier that knows no law but `point`,
            // by the one that the text itself will use there, so that like distributions give like tokens.
            token = q.draw(
              isDrawn
                ? uniform(seed, "proposal", position, history.length)
                : uniform(seed, "token", position),
            )
            if (isDrawn) laws.set(tokens.length - 1, { law: "iid", q, trials: [tokens.length] })
            left = start === "likeliest-left" ? q.argmax() : token
          } else {
            token = guess(position, left)
            left = token
          }
          tokens.push(token)
        }
        return chain(tokens, laws)
      }),
    observe: ({ tree, verdict, readings }) =>
      Effect.sync(() => {
        const { accepted, appended } = verdict
        const logits = readings.proposals["logits"]
        // Behind the first draft refused stands what the target says after that draft, not after what took its place.
        said =
          logits !== undefined && accepted.length < tree.tokens.length && appended.length > 0
            ? { length: history.length, first: accepted.length, logits }
            : undefined
      }),
  }
}

/** Speculative Jacobi decoding as a drafter. */
export const speculativeJacobi = (config: SpeculativeJacobiConfig): Drafter => ({
  name: "@parade/speculative-jacobi",
  proposes: ["iid", "point"],
  uses,
  work: `a window of ${config.window}`,
  open: (context) => Effect.sync(() => openDraft(config, context)),
})
