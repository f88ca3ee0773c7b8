import { isMadeOfLogits, type Model, type OutputRows, readoutNames, readoutTop } from "@parade/core"
import * as Effect from "effect/Effect"
import { argmaxRow, drawnRow, readoutRow } from "../reference/readout.ts"

const joined = (rows: readonly Float32Array[]): OutputRows => {
  const width = rows[0]?.length ?? 0
  const data = new Float32Array(rows.length * width)
  for (const [i, row] of rows.entries()) data.set(row, i * width)
  return { count: rows.length, width, data, row: (i) => data.subarray(i * width, (i + 1) * width) }
}

/** The model with the outputs `argmax`, `readout`, `readout.entropy` and `readout.drawn` beside its own. */
export const withReadouts = (model: Model): Model => {
  const { vocabularySize } = model.info
  return {
    ...model,
    info: { ...model.info, outputs: [...model.info.outputs, ...Object.values(readoutNames)] },
    forward: (rows, options) => {
      const readouts = options.outputs.filter(({ name }) => isMadeOfLogits(name) && name !== "logits")
      if (readouts.length === 0) return model.forward(rows, options)
      const own = options.outputs.filter(({ name }) => !readouts.some((readout) => readout.name === name))
      const whole = [
        ...own.filter(({ name }) => name !== "logits"),
        { name: "logits", rows: readouts[0]!.rows },
      ]
      return Effect.map(model.forward(rows, { ...options, outputs: whole }), (outputs) => {
        const made = Object.fromEntries(
          readouts.map(({ name, rows: wanted, tokens = [], draws }) => {
            const named = tokens.length / Math.max(1, wanted.length)
            const read = Array.from(wanted, (_, i) => {
              const logits = outputs["logits"]!.row(i)
              if (name === readoutNames.drawn)
                return draws === undefined
                  ? new Float32Array(2)
                  : drawnRow(logits, draws.u[i]!, draws.temperature, model.info.maskToken)
              return name === readoutNames.argmax
                ? argmaxRow(logits)
                : readoutRow(
                    logits,
                    Math.min(readoutTop + 1, vocabularySize),
                    Array.from({ length: named }, (__, j) => tokens[i * named + j]!),
                    name === readoutNames.entropy,
                  )
            })
            return [name, joined(read)]
          }),
        )
        const asked = Object.fromEntries(own.map(({ name }) => [name, outputs[name]!]))
        return { ...asked, ...made }
      })
    },
  }
}
