import { createHash } from "node:crypto"
import type { Task } from "@parade/tasks"
import type { TinyTextConfig } from "./config.ts"
import type { TinyTextData } from "./data.ts"

/** Names a training by all that decides its result: settings, data, tasks and the number of steps. */
export const fingerprintOf = (
  config: TinyTextConfig,
  tasks: readonly Task[],
  { tokenizer, counted }: TinyTextData,
  steps: number,
): string => {
  const { shares, seed, layers, width, inner, heads, keyValueHeads } = config
  const { length, batch, rate, warmup, weightDecay } = config
  const decisive = {
    shares,
    seed,
    layers,
    width,
    inner,
    heads,
    keyValueHeads,
    length,
    batch,
    rate,
    warmup,
    weightDecay,
  }
  const hash = createHash("sha256")
    .update(JSON.stringify(decisive))
    .update(JSON.stringify(tasks.map(({ name, description, size }) => [name, description, size])))
    .update(tokenizer.fingerprint)
    .update(counted[0]!())
  return `@parade/model-tiny-text, ${steps} steps, ${hash.digest("hex").slice(0, 16)}`
}
