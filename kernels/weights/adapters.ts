import { WeightsError } from "@parade/core"
import { makeFolders, mergeLowRank } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { adaptersPath, readAdapterConfig } from "./_adapter-config.ts"
import { requireFinite } from "./_finite.ts"
import { attempt } from "./_safe.ts"
import { makeTensor } from "./_tensor.ts"
import type { Checkpoint } from "./checkpoint.ts"
import { floatTensor, type FloatType } from "./float-bytes.ts"
import { openSafetensors } from "./safetensors.ts"
import type { WeightTensor } from "./tensor.ts"
import { writeSafetensors } from "./write-safetensors.ts"

const refuse = (code: string, path: string, message: string, advice: string): WeightsError =>
  new WeightsError({ code: `weights.${code}`, message, advice, path })

/** What PEFT puts before the names of a model's modules. */
const prefix = "base_model.model."

const adapterName = (module: string, side: "A" | "B"): string => `${prefix}${module}.lora_${side}.weight`

/** `A` `[r, columns]` and `B` `[rows, r]` of one matrix. */
interface Pair {
  readonly a: WeightTensor
  readonly b: WeightTensor
}

/** The pairs of a file by the module they belong to. */
const pairsOf = (
  tensors: ReadonlyMap<string, WeightTensor>,
  path: string,
): ReadonlyMap<string, Partial<Pair>> => {
  const pairs = new Map<string, Partial<Pair>>()
  for (const [name, tensor] of tensors) {
    const [, module, side] = /^base_model\.model\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? []
    if (module === undefined)
      throw refuse(
        "unsupported-adapters",
        `${path}: ${name}`,
        `"${name}" is not one of the two matrices of an adapter.`,
        "Merge these adapters with the tool that made them, and name the merged model.",
      )
    pairs.set(module, { ...pairs.get(module), [side === "A" ? "a" : "b"]: tensor })
  }
  return pairs
}

/** The pair of a module, of the shapes that its matrix calls for. */
const checkedPair = (
  module: string,
  { a, b }: Partial<Pair>,
  target: WeightTensor | undefined,
  rank: number,
  path: string,
): Pair => {
  if (target === undefined || target.shape.length !== 2)
    throw refuse(
      "adapter-without-matrix",
      `${path}: ${module}`,
      `The checkpoint has no matrix "${module}.weight" that the adapter belongs to.`,
      "Check that the adapters were trained on this checkpoint.",
    )
  const [rows, columns] = target.shape as readonly [number, number]
  const expected = { A: [rank, columns], B: [rows, rank] } as const
  for (const [side, tensor] of [
    ["A", a],
    ["B", b],
  ] as const) {
    const name = adapterName(module, side)
    if (tensor === undefined)
      throw refuse(
        "missing-tensor",
        `${path}: ${name}`,
        `The adapters have no tensor "${name}" beside its other half.`,
        "Write them again.",
      )
    if (tensor.shape.length !== 2 || tensor.shape.some((size, axis) => size !== expected[side][axis]))
      throw refuse(
        "shape-mismatch",
        `${path}: ${name}`,
        `"${name}" is [${tensor.shape.join(", ")}] where the checkpoint and the rank want [${expected[side].join(", ")}].`,
        "Check that the adapters were trained on this checkpoint.",
      )
  }
  return { a: a!, b: b! }
}

/** `W + s·B·A`, computed when its values are asked for. */
const merged = (target: WeightTensor, { a, b }: Pair, rank: number, scale: number): WeightTensor => {
  const [rows, columns] = target.shape as readonly [number, number]
  const floats = (tensor: WeightTensor): Float32Array => requireFinite(tensor, tensor.values())
  const values = (): Float32Array =>
    mergeLowRank(
      { rows, columns, rank, alpha: scale * rank },
      { matrix: floats(target), a: floats(a), b: floats(b) },
    )
  return makeTensor({
    name: target.name,
    shape: target.shape,
    type: "F32",
    quantisation: undefined,
    byteLength: 4 * rows * columns,
    identity: `${target.identity}|+${scale}·${b.identity}·${a.identity}`,
    read: (begin, end) => new Uint8Array(values().buffer as ArrayBuffer).slice(begin, end),
  })
}

/**
 * A checkpoint with the low-rank adapters of a folder merged into its matrices, `W + s·B·A` (LoRA; Hu et al. 2021), as
 * PEFT writes them: `adapter_config.json` and `adapter_model.safetensors`. Merged matrices are floats, whatever they
 * were. Fails with `weights.bad-adapters`, `weights.unsupported-adapters`, `weights.adapter-without-matrix`,
 * `weights.shape-mismatch`, or as reading does.
 */
export const withAdapters = (
  checkpoint: Checkpoint,
  folder: string,
): Effect.Effect<Checkpoint, WeightsError, Scope> =>
  Effect.gen(function* () {
    const { rank, scale } = yield* attempt(folder, () => readAdapterConfig(folder))
    const path = adaptersPath(folder)
    const file = yield* openSafetensors(path)
    return yield* attempt(path, (): Checkpoint => {
      const tensors = new Map(checkpoint.tensors)
      for (const [module, pair] of pairsOf(file.tensors, path)) {
        const name = `${module}.weight`
        const target = checkpoint.tensors.get(name)
        tensors.set(name, merged(target!, checkedPair(module, pair, target, rank, path), rank, scale))
      }
      return {
        ...checkpoint,
        tensors,
        tensor: (name, shape) => {
          const own = checkpoint.tensor(name, shape)
          return tensors.get(name) ?? own
        },
        identity: `${checkpoint.identity}|+${scale}·${file.identity}`,
      }
    })
  })

/** The adapter of a matrix `[rows, columns]`. */
export interface OutgoingAdapter {
  readonly rows: number
  readonly columns: number
  /** `[rank, columns]`. */
  readonly a: Float32Array
  /** `[rows, rank]`. */
  readonly b: Float32Array
}

/** Adapters to be written. */
export interface OutgoingAdapters {
  /** The checkpoint they belong to: `npm:package/folder`, or what else {@link openCheckpoint} takes. */
  readonly base: string
  readonly rank: number
  readonly alpha: number
  /** By module: the name of a matrix without `.weight`. */
  readonly modules: ReadonlyMap<string, OutgoingAdapter>
  /** What they are rounded to; `F16` when left out. */
  readonly type?: FloatType
  /** Kept in the header of the file. */
  readonly metadata?: Readonly<Record<string, string>>
}

const lastName = (module: string): string => module.slice(module.lastIndexOf(".") + 1)

/** Writes adapters to a folder, made where it is not there, as PEFT reads them. */
export const writeAdapters = (
  folder: string,
  { base, rank, alpha, modules, type = "F16", metadata = {} }: OutgoingAdapters,
): Effect.Effect<void, WeightsError> =>
  Effect.gen(function* () {
    const config = {
      peft_type: "LORA",
      base_model_name_or_path: base,
      r: rank,
      lora_alpha: alpha,
      target_modules: [...new Set([...modules.keys()].map(lastName))].sort(),
      bias: "none",
      inference_mode: true,
    }
    const tensors = [...modules].flatMap(([module, { rows, columns, a, b }]) => [
      floatTensor(adapterName(module, "A"), type, [rank, columns], a),
      floatTensor(adapterName(module, "B"), type, [rows, rank], b),
    ])
    yield* attempt(folder, () => makeFolders(folder))
    yield* writeSafetensors(adaptersPath(folder), tensors, { format: "pt", ...metadata })
    yield* attempt(folder, () =>
      writeFileSync(join(folder, "adapter_config.json"), `${JSON.stringify(config, null, 2)}\n`),
    )
  })
