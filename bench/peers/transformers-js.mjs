// transformers.js on a folder in the onnx-community layout. Environment: MODEL_ONNX, DTYPE (q4 by default), THREADS.
import path from "node:path"
import { AutoModelForCausalLM, env, Tensor } from "@huggingface/transformers"
import { serve } from "./protocol.mjs"

await serve(async () => {
  const folder = path.resolve(process.env.MODEL_ONNX)
  env.allowRemoteModels = false
  env.localModelPath = path.dirname(folder)
  const model = await AutoModelForCausalLM.from_pretrained(path.basename(folder), {
    dtype: process.env.DTYPE ?? "q4",
    device: "cpu",
    session_options: { intraOpNumThreads: Number(process.env.THREADS ?? 1), interOpNumThreads: 1 },
  })
  // Every engine decodes the same number of tokens, also after its end of text.
  model.generation_config.eos_token_id = null
  return async ({ ids, count }) => {
    const dims = [1, ids.length]
    const tokens = []
    const at = []
    let prompt = true
    const started = performance.now()
    const streamer = {
      put(value) {
        if (prompt) prompt = false
        else {
          at.push(performance.now() - started)
          tokens.push(Number(value[0][0]))
        }
      },
      end() {},
    }
    await model.generate({
      input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), dims),
      attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
      max_new_tokens: count,
      do_sample: false,
      streamer,
    })
    return { tokens, at }
  }
})
