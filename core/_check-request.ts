import { RequestError } from "./error.ts"
import type { Model } from "./model.ts"
import type { Request } from "./request.ts"

const invalid = (code: string, path: string, message: string, advice?: string): RequestError =>
  new RequestError({ code: `request.${code}`, path, message, advice })

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** What is wrong with a request beside its prompt, if anything. */
export const checkRequest = ({ info, tokenizer }: Model, request: Request): RequestError | undefined => {
  const { seed, stop = {}, target } = request
  if (target.kind !== "continuation")
    return invalid("unknown-target", "target.kind", `This decoder cannot make a ${String(target.kind)}.`)
  if (!isCount(target.maxTokens))
    return invalid("max-tokens", "target.maxTokens", `A text cannot have ${target.maxTokens} tokens.`)
  if (!isCount(seed))
    return invalid("seed", "seed", `A seed is an integer from 0 to ${Number.MAX_SAFE_INTEGER}, not ${seed}.`)
  for (const [i, token] of (stop.tokens ?? []).entries())
    if (!isCount(token) || token >= info.vocabularySize)
      return invalid(
        "unknown-token",
        `stop.tokens[${i}]`,
        `There is no token ${token}.`,
        `Use ids from 0 to ${info.vocabularySize - 1}.`,
      )
  for (const [i, text] of (stop.strings ?? []).entries())
    if (text === "") return invalid("empty-stop-string", `stop.strings[${i}]`, "A stop string is empty.")
  if (tokenizer === undefined && (stop.strings ?? []).length > 0)
    return invalid("no-tokenizer", "stop.strings", "Stop strings need a model with a tokenizer.")
  return undefined
}
