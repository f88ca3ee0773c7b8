/** Who can put a failure right: the caller, the machine it runs on, or nobody but the author of the code. */
export type Fault = "caller" | "environment" | "bug"

/** What every failure of Parade says. */
export interface FailureDetails {
  /** Stable, dotted, lower case: `weights.truncated`, `pipeline.unknown-plugin`. */
  readonly code: string
  /** One sentence: what is wrong. */
  readonly message: string
  /** One sentence: what to do about it. */
  readonly advice?: string | undefined
  /** Where: a JSON path, or a file and what in it. */
  readonly path?: string | undefined
  /** Whose mistake it is; decides the exit status. Defaults to `caller`. */
  readonly fault?: Fault | undefined
  readonly cause?: unknown
}

const marker = "~parade/error"

/**
 * The base of every typed failure. `_tag` names the part that failed, so `Effect.catchTag` works; `code` is stable
 * and finer. The marker makes the check work across two copies of this package.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { CacheError } from "@parade/core"
 *
 * const full = Effect.fail(new CacheError({ code: "cache.full", message: "No room for 3 rows." }))
 * const handled = full.pipe(Effect.catchTag("CacheError", (error) => Effect.succeed(error.code)))
 * ```
 */
export abstract class ParadeError extends Error {
  abstract readonly _tag: string
  readonly code: string
  readonly advice: string | undefined
  readonly path: string | undefined
  readonly fault: Fault
  readonly "~parade/error" = true

  constructor(details: FailureDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = new.target.name
    this.code = details.code
    this.advice = details.advice
    this.path = details.path
    this.fault = details.fault ?? "caller"
  }

  /** Code, place, sentence and advice in one message for people. */
  describe(): string {
    const place = this.path === undefined ? "" : `${this.path}: `
    return `${place}${this.message}${this.advice === undefined ? "" : ` ${this.advice}`} [${this.code}]`
  }
}

/** Whether a value is a failure of Parade, of this or another copy of the package. */
export const isParadeError = (value: unknown): value is ParadeError =>
  typeof value === "object" && value !== null && marker in value

/** A file of weights, a tokenizer or a hub that cannot be used. */
export class WeightsError extends ParadeError {
  readonly _tag = "WeightsError"
}

/** A graph that cannot be built, typed or interpreted. */
export class GraphError extends ParadeError {
  readonly _tag = "GraphError"
}

/** A device that is absent, or that failed. */
export class DeviceError extends ParadeError {
  readonly _tag = "DeviceError"
}

/** A model that cannot be built, or a forward it cannot compute. */
export class ModelError extends ParadeError {
  readonly _tag = "ModelError"
}

/** A cache asked for rows it does not have or cannot keep. */
export class CacheError extends ParadeError {
  readonly _tag = "CacheError"
}

/** A request that cannot be decoded: prompt too long, unknown token, wrong target. */
export class RequestError extends ParadeError {
  readonly _tag = "RequestError"
}

/** A plugin that broke its contract while decoding. */
export class DecodeError extends ParadeError {
  readonly _tag = "DecodeError"
}
