import type { Stream } from "effect/Stream"
import type { CacheError, DecodeError, DeviceError, ModelError, RequestError } from "./error.ts"
import type { Event } from "./event.ts"
import type { Model } from "./model.ts"
import type { Request } from "./request.ts"

/** How decoding can fail. */
export type DecodeFailure = ModelError | DeviceError | CacheError | RequestError | DecodeError

/**
 * Decodes requests with a model, one stream of events each. Streams are independent; what a stream acquires is
 * released when it ends, fails or is interrupted. The streams of one decoder must be read one at a time, because a
 * model's outputs are views until its next forward.
 */
export interface Decoder {
  readonly model: Model
  readonly decode: (request: Request) => Stream<Event, DecodeFailure>
}
