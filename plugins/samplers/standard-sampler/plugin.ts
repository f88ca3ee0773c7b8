import {
  definePlugin,
  LogitsProcessorKind,
  type Plugin,
  readoutNames,
  type Sampler,
  SamplerKind,
  slots,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { StandardSamplerConfig } from "./config.ts"
import { plainTemperature, standardSampler } from "./standard-sampler.ts"

/** The plugin `@parade/standard-sampler`. */
export const plugin: Plugin<Sampler> = definePlugin({
  kind: SamplerKind,
  name: "@parade/standard-sampler",
  summary: "Temperature, top-k, top-p, min-p, penalties and logit bias.",
  config: StandardSamplerConfig,
  slots: {
    processors: slots(LogitsProcessorKind, "Further processors, run after penalties and bias.", []),
  },
  needs: (config) =>
    plainTemperature(config) === 0
      ? [{ hostSlot: "model", name: "output", value: readoutNames.argmax, optional: true }]
      : [],
  make: (config, { processors }) => Effect.succeed(standardSampler(config, processors)),
})
