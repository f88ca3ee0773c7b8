import type { Rotary } from "./architecture.ts"

/** Rounds as single precision does: the published checkpoints were trained on frequencies computed in it. */
const single = Math.fround

const llama3 = (frequency: number, scaling: Extract<Rotary["scaling"], { kind: "llama3" }>): number => {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling
  const wavelength = single((2 * Math.PI) / frequency)
  if (wavelength > originalContext / low) return single(frequency / factor)
  if (wavelength < originalContext / high) return frequency
  const smooth = single((single(originalContext / wavelength) - low) / (high - low))
  return single((1 - smooth) * single(frequency / factor) + smooth * frequency)
}

/** Radians per position for each pair of dimensions, `[width / 2]`. */
export const rotaryFrequencies = (rotary: Rotary): Float32Array => {
  const { base, width, scaling } = rotary
  return Float32Array.from({ length: width / 2 }, (_, pair) => {
    const frequency = single(1 / single(base ** single((2 * pair) / width)))
    switch (scaling.kind) {
      case "none":
        return frequency
      case "linear":
        return single(frequency / scaling.factor)
      case "llama3":
        return llama3(frequency, scaling)
    }
  })
}
