import { type Decoder, definePlugin, type Plugin, preset } from "@parade/core"
import {
  entropyOutput,
  type Refresh,
  RefreshKind,
  type Schedule,
  ScheduleKind,
  type Unmasker,
  UnmaskerKind,
} from "@parade/denoising"
import { plugin as maskedDiffusion } from "@parade/masked-diffusion"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { causalOrder } from "./causal-order.ts"
import { entropyDistance } from "./entropy-distance.ts"
import { slidingWindow } from "./sliding-window.ts"

const name = "@parade/wedlm"

const number = (maximum: number, fallback: number, description: string) =>
  Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** The schedule `@parade/wedlm`. */
export const schedule: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name,
  summary: "A window of positions that moves on with the first mask.",
  config: Schema.Struct({
    window: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
      .annotate({ description: "Positions in the window.", default: 16 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(16))),
  }),
  make: (config) => Effect.succeed(slidingWindow(config)),
})

/** The refresh `@parade/wedlm`. */
export const refresh: Plugin<Refresh> = definePlugin({
  kind: RefreshKind,
  name,
  summary: "Known tokens before masks under causal attention; the finished prefix is kept in every step.",
  config: Schema.Struct({}),
  capabilities: ["exact"],
  make: () => Effect.succeed(causalOrder),
})

/** The unmasker `@parade/wedlm`. */
export const unmasker: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name,
  summary: "Fills all positions whose entropy, and a penalty for their distance, is low enough.",
  config: Schema.Struct({
    threshold: number(
      100,
      0.4,
      "Penalised entropy in nats that is low enough; 0 fills one position per step.",
    ),
    penalty: number(1e6, 0.02, "What each position from the first mask on adds to the entropy."),
  }),
  needs: () => [entropyOutput],
  make: (config) => Effect.succeed(entropyDistance(config)),
})

/** The embedded text model, adapted by the recipe. */
const ownModel = "npm:@parade/wedlm/model"

/** The preset `@parade/wedlm`, of masked diffusion. */
export const plugin: Plugin<Decoder> = preset(maskedDiffusion, {
  name,
  summary: "Fills in masks under causal attention and commits the finished prefix in every step.",
  slots: {
    model: { use: "@parade/transformer", with: { fallback: ownModel } },
    schedule: { use: name },
    refresh: { use: name },
    unmasker: { use: name },
    sampler: { use: "@parade/standard-sampler", with: { temperature: 0.2 } },
  },
})
