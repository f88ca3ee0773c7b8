import type { BytePairs } from "./_bpe-model.ts"
import type { JsonRecord } from "./_json-file.ts"

/** A token with a text of its own, found in the input before anything else. */
export interface AddedToken {
  readonly id: number
  readonly content: string
  readonly special: boolean
}

/** A tokenizer as its files describe it. */
export interface TokenizerParts {
  /** For messages. */
  readonly path: string
  /** `tokenizer.json` in the terms of the library; without vocabulary where `pairs` has it. */
  readonly json: JsonRecord
  readonly added: readonly AddedToken[]
  readonly pairs: BytePairs | undefined
  readonly chatTemplate: string | undefined
  /** `bos_token`, `eos_token` … as templates know them. */
  readonly specialTokens: Readonly<Record<string, string>>
}
