import { test } from "node:test"
import type { Verifier } from "@parade/core"
import type { Drafter } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { PromptLookupConfig, promptLookup } from "@parade/prompt-lookup"
import { speculativeSampling } from "@parade/speculative-sampling"
import {
  type DecoderCapabilities,
  decoderSuite,
  randomTreeDrafter,
  sampledDrafter,
  watchfulDrafter,
} from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { speculative } from "./mod.ts"

const suite = (
  name: string,
  drafter: Drafter,
  verifier: Verifier,
  preserves: DecoderCapabilities["preserves"],
  adaptive = false,
): void =>
  decoderSuite(
    (sentence, body) => test(`${name}: ${sentence}`, body),
    (parts) => Effect.succeed(speculative({ ...parts, drafter, verifier, maxDraft: 8, adaptive })),
    { preserves },
  )

const lookup = promptLookup(Schema.decodeUnknownSync(PromptLookupConfig)({}))
/** Likes the token after the newest one in a small cycle. */
const q = (tokens: readonly number[]): readonly number[] =>
  Array.from({ length: 3 }, (_, token) => (token === (tokens.at(-1)! + 1) % 3 ? 3 : 1))

suite("prompt lookup, exact match", lookup, exactMatch, "tokens", true)
suite("random trees, speculative sampling", randomTreeDrafter({ seed: 2 }), speculativeSampling, "tokens")
suite("trees with auxiliary rows, exact match", watchfulDrafter({ seed: 3 }), exactMatch, "tokens", true)
suite("drawn trees, exact match", sampledDrafter({ law: "iid", trials: 2, q }), exactMatch, "tokens")
suite(
  "drawn trees, speculative sampling",
  sampledDrafter({ law: "iid", trials: 2, q }),
  speculativeSampling,
  "distribution",
)
suite(
  "trees drawn without replacement, speculative sampling",
  sampledDrafter({ law: "withoutReplacement", trials: 2, q }),
  speculativeSampling,
  "distribution",
)
