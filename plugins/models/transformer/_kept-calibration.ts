import { createHash, randomUUID } from "node:crypto"
import { dirname, join } from "node:path"
import { makeFolders } from "@parade/graph"
import { cacheFolder } from "@parade/onnx"
import { readSafetensors, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Calibration } from "./_calibrate.ts"
import { calibrationChat, calibrationTexts } from "./_calibration-text.ts"

/** Raise it when the same model would be measured differently. */
const FORMAT = 2

const pathOf = (key: readonly string[]): string => {
  const texts = JSON.stringify([calibrationChat, calibrationTexts])
  const hash = createHash("sha256").update([`${FORMAT}`, texts, ...key].join("\n"))
  return join(cacheFolder(), "calibrations", `${hash.digest("hex").slice(0, 32)}.safetensors`)
}

const BITS = [8, 16] as const

const read = (path: string): Calibration | undefined => {
  let file: ReturnType<typeof readSafetensors> | undefined
  try {
    const { tensors } = (file = readSafetensors(path))
    const values = (name: string): Float32Array => tensors.get(name)!.values()
    const errors = values("errors")
    const inputOf = Array.from(values("inputs"))
    const fits = Array.from({ length: errors.length / BITS.length }, (_, input) =>
      BITS.map((inputBits, i) => ({
        inputBits,
        factors: values(`${input}.${inputBits}`),
        error: errors[input * BITS.length + i]!,
      })),
    )
    const sound =
      inputOf.every((input) => fits[input] !== undefined) &&
      fits.flat().every((fit) => fit.factors.every((factor) => factor > 0 && Number.isFinite(factor)))
    return sound ? { fits, inputOf } : undefined
  } catch {
    return undefined
  } finally {
    file?.close()
  }
}

const write = (path: string, { fits, inputOf }: Calibration): Effect.Effect<void> => {
  const floats = (name: string, values: Float32Array) => ({
    name,
    type: "F32",
    shape: [values.length],
    bytes: () => new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  })
  const tensors = [
    floats("errors", Float32Array.from(fits.flatMap((some) => some.map(({ error }) => error)))),
    floats("inputs", Float32Array.from(inputOf)),
    ...fits.flatMap((some, i) => some.map(({ inputBits, factors }) => floats(`${i}.${inputBits}`, factors))),
  ]
  return Effect.try({ try: () => makeFolders(dirname(path)), catch: String }).pipe(
    Effect.andThen(writeSafetensors(path, tensors)),
    Effect.catch((error) => Effect.logDebug(`A calibration could not be kept: ${String(error)}`)),
  )
}

/** The calibration kept under a key, or a new one, kept there. */
export const keepCalibration = <E>(
  key: readonly string[],
  calibrate: Effect.Effect<Calibration, E>,
): Effect.Effect<Calibration, E> =>
  Effect.suspend(() => {
    const path = pathOf(key)
    const kept = read(path)
    return kept === undefined ? Effect.tap(calibrate, (made) => write(path, made)) : Effect.succeed(kept)
  })

/** A folder for graphs that are needed once. */
export const passingFolder = (): string => join(cacheFolder(), "calibrations", `${randomUUID()}.tmp`)
