import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { checkRequest } from "./_check-request.ts"
import { checkPrompt, promptRows } from "./_prompt.ts"
import { type Output, pullStream, type Round } from "./_pull.ts"
import { type Canvas, type CanvasOptions, makeCanvas } from "./canvas.ts"
import type { DecodeFailure } from "./decoder.ts"
import { RequestError } from "./error.ts"
import type { Event, StartedTarget } from "./event.ts"
import type { Model } from "./model.ts"
import type { CanvasTarget, Request } from "./request.ts"
import type { Rows } from "./rows.ts"

/** What a decoder is made of that fills a canvas. */
export interface CanvasDecoding {
  readonly model: Model
  readonly request: Request
  /** What else is wrong with a canvas of so many positions behind the prompt, if anything. */
  readonly check?: (length: number) => RequestError | undefined
  /** Called once with the canvas and the rows of the prompt; gives the round that is run until it has ended. */
  readonly open: (canvas: Canvas, prompt: Rows) => Effect.Effect<Round, DecodeFailure, Scope.Scope>
}

/** The longest canvas that there is room for; nobody has asked for just that length, so that it may be less to be right. */
const longestOf = (room: number, check: CanvasDecoding["check"]): number => {
  for (let length = room; length > 0; length--) if (check?.(length) === undefined) return length
  return room
}

/** A continuation is a canvas without anything in it, as long as it may become and the context has room. */
const canvasOf = (
  { request: { target }, check }: CanvasDecoding,
  room: number,
): Omit<CanvasOptions, "stop"> => {
  if (target.kind === "canvas") return { target, full: "complete" }
  return target.maxTokens <= room
    ? { target: { kind: "canvas", length: target.maxTokens }, full: "maxTokens" }
    : { target: { kind: "canvas", length: longestOf(room, check) }, full: "contextLength" }
}

const tooLong = ({ length }: CanvasTarget, room: number): RequestError =>
  new RequestError({
    code: "request.canvas-too-long",
    path: "target.length",
    message: `The canvas has ${length} positions; the model's context has room for ${room} behind the prompt.`,
    advice: "Shorten the prompt or the canvas.",
  })

const started = ({ target }: Request): StartedTarget => {
  if (target.kind !== "canvas") return target
  const { fixed: _, ...rest } = target
  return rest
}

const outputOf = (canvas: Canvas): Output => ({
  get text(): string {
    return canvas.text
  },
  tokens: canvas.tokens,
  get reason() {
    return canvas.reason
  },
  get committed(): number {
    return canvas.standing
  },
  take: canvas.take,
})

/**
 * The event stream of a decoder that fills a canvas in any order: `started`, what was given as `committed`, then for
 * each round what it committed (and where it cut) and its `round`, `finished` once the answer is filled up to its
 * end. There is no prefill: the rounds forward the prompt. See {@link decodeRounds} for the rest.
 */
export const decodeCanvas = (decoding: CanvasDecoding): Stream.Stream<Event, DecodeFailure> => {
  const { model, request, open } = decoding
  const room = (): number =>
    request.prompt.reduce(
      (left, part) => left - ("tokens" in part ? part.tokens.length : part.rows),
      model.info.contextLength,
    )
  return pullStream({
    request,
    target: started(request),
    problem: () => {
      const wrong = checkPrompt(model.info, request.prompt) ?? checkRequest(model, request)
      if (wrong !== undefined) return wrong
      const { target } = canvasOf(decoding, room())
      return target.length > room() ? tooLong(target, room()) : decoding.check?.(target.length)
    },
    prefills: false,
    begin: (tally) =>
      Effect.gen(function* () {
        tally.prefilled(performance.now())
        const canvas = makeCanvas(model, { ...canvasOf(decoding, room()), stop: request.stop })
        const round =
          canvas.reason === undefined
            ? yield* open(canvas, promptRows(model.info, request.prompt))
            : Effect.never
        return { output: outputOf(canvas), round }
      }),
  })
}
