import { join } from "node:path"
import type { WeightsError } from "@parade/core"
import { type CheckpointTokenizer, loadTokenizer } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { TrainingError } from "./error.ts"
import { makeFolder } from "./make-folder.ts"
import type { TokenizerFile } from "./train-tokenizer.ts"
import { writeWhole } from "./write-whole.ts"

/** What a model's `tokenizer_config.json` says beside the vocabulary. */
export interface TokenizerExtras {
  readonly endToken?: string
  readonly maskToken?: string
  /** A Jinja template of conversations. */
  readonly chatTemplate?: string
}

/** Writes a learnt tokenizer to the folder of a model, and gives it as models use it. */
export const saveTokenizer = (
  folder: string,
  file: TokenizerFile,
  { endToken, maskToken, chatTemplate }: TokenizerExtras = {},
): Effect.Effect<CheckpointTokenizer, TrainingError | WeightsError> =>
  Effect.gen(function* () {
    const config = {
      tokenizer_class: "PreTrainedTokenizerFast",
      clean_up_tokenization_spaces: false,
      ...(endToken === undefined ? {} : { eos_token: endToken }),
      ...(maskToken === undefined ? {} : { mask_token: maskToken }),
      ...(chatTemplate === undefined ? {} : { chat_template: chatTemplate }),
    }
    yield* makeFolder(folder)
    yield* writeWhole(join(folder, "tokenizer.json"), `${JSON.stringify(file)}\n`)
    yield* writeWhole(join(folder, "tokenizer_config.json"), `${JSON.stringify(config, null, 2)}\n`)
    const nothing = { config: {}, generationConfig: {}, metadata: new Map() }
    return yield* loadTokenizer({ folder, path: folder, format: "safetensors", ...nothing })
  })
