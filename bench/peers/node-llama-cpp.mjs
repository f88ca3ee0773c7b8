// node-llama-cpp on a GGUF file. Environment: MODEL_GGUF, THREADS, LOOKUP=1 for its prompt lookup.
import { getLlama, InputLookupTokenPredictor, LlamaLogLevel } from "node-llama-cpp"
import { serve } from "./protocol.mjs"

await serve(async () => {
  const threads = Number(process.env.THREADS ?? 1)
  const llama = await getLlama({
    gpu: false,
    build: "never",
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  })
  const model = await llama.loadModel({ modelPath: process.env.MODEL_GGUF })
  const context = await model.createContext({ contextSize: 4096, threads, sequences: 1 })
  return async ({ ids, count }) => {
    const predictor = process.env.LOOKUP === "1" ? new InputLookupTokenPredictor() : undefined
    const sequence = context.getSequence(predictor === undefined ? {} : { tokenPredictor: predictor })
    predictor?.updateInputTokens(ids)
    const tokens = []
    const at = []
    const started = performance.now()
    for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
      at.push(performance.now() - started)
      tokens.push(token)
      if (tokens.length === count) break
    }
    sequence.dispose()
    return { tokens, at }
  }
})
