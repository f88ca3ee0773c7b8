import { makeOutputText } from "./_output-text.ts"
import { DecodeError } from "./error.ts"
import type { CommittedEvent, Event, FinishReason } from "./event.ts"
import type { Model } from "./model.ts"
import type { CanvasTarget, Span, StopRules } from "./request.ts"
import { tokenOutOfRange } from "./transcript.ts"

/** A canvas under way: what stands where, the text as far as it is certain, and whether it has ended. */
export interface Canvas {
  /** Positions there are; a cut makes it shorter. */
  readonly length: number
  /** `[length]`: the token at each position, `-1` where it is masked. A view. */
  readonly cells: Int32Array
  /** Positions filled since the beginning, not counting what was given; never falls. */
  readonly filled: number
  /** Positions still masked. */
  readonly masked: number
  readonly spans: Readonly<Record<string, Span>>
  /** Where the output stands. */
  readonly answer: Span
  /** The least length a cut may leave: nothing given, and no text that was shown, may be cut off. */
  readonly leastLength: number
  /** The output as far as it is certain: the answer up to its first gap or its end. */
  readonly tokens: readonly number[]
  /** What may be shown of it. */
  readonly text: string
  /** Why the output has ended, once it has: the answer is filled up to its end. */
  readonly reason: FinishReason | undefined
  /** Whether a token ends the text where nothing given follows it. */
  readonly isEnd: (token: number) => boolean
  /**
   * Fills masked positions for good. `proposers` says who proposed each token, `null` (the default) being the model.
   *
   * @throws DecodeError `decode.not-masked`, `decode.token-out-of-range`.
   */
  readonly place: (
    positions: ArrayLike<number>,
    tokens: ArrayLike<number>,
    proposers?: ArrayLike<string | null>,
  ) => void
  /**
   * Leaves the first `length` positions.
   *
   * @throws DecodeError `decode.invalid-cut`.
   */
  readonly cut: (length: number) => void
  /** Shows what stands from a position on for now, as a `provisional` event. */
  readonly suggest: (position: number, tokens: readonly number[]) => void
  /** The events since it was last asked for, and how many positions were filled. */
  readonly take: () => { readonly events: readonly Event[]; readonly committed: number }
  /** Filled positions that stand, without those given. */
  readonly standing: number
}

/** How an output ends that is filled to the last position. */
export interface CanvasOptions {
  readonly target: CanvasTarget
  readonly stop?: StopRules | undefined
  readonly full: FinishReason
}

const given = "given"

const bug = (code: string, message: string): DecodeError =>
  new DecodeError({ code: `decode.${code}`, message, fault: "bug" })

/** Starts the output of a canvas that has passed the checks of a request. */
export const makeCanvas = (model: Model, { target, stop, full }: CanvasOptions): Canvas => {
  const { vocabularySize, maskToken } = model.info
  const { spans = {} } = target
  const whole: Span = { start: 0, end: target.length }
  const answer = target.answer === undefined ? whole : spans[target.answer]!
  const cells = new Int32Array(target.length).fill(-1)
  const isGiven = new Uint8Array(target.length)
  const output = makeOutputText(model, stop)

  let length = target.length
  let filled = 0
  let masked = length
  let lastGiven = -1
  let reason: FinishReason | undefined
  const tokens: number[] = []
  /** Length of the text after each token of the output. */
  const ends: number[] = []
  let shownTokens = 0
  let shownText = 0
  let placed = new Map<number, string | null>()
  let lowestCut: number | undefined
  let provisional: Event[] = []

  const put = (position: number, token: number, proposer: string | null): void => {
    cells[position] = token
    masked--
    placed.set(position, proposer)
  }
  const standing = (): number => {
    let count = 0
    for (let i = 0; i < length; i++) if (cells[i]! >= 0 && isGiven[i] === 0) count++
    return count
  }
  const shorten = (to: number): void => {
    for (let i = to; i < length; i++)
      if (cells[i]! < 0) masked--
      else placed.delete(i)
    if (to < length) lowestCut = to
    length = to
  }
  /** Takes in the answer up to its first gap. */
  const read = (): void => {
    const end = () => Math.min(answer.end, length)
    while (reason === undefined) {
      const position = answer.start + tokens.length
      if (position >= end()) {
        reason = output.close() ?? full
        return
      }
      const token = cells[position]!
      if (token < 0) return
      tokens.push(token)
      reason = output.push(token, position <= lastGiven)
      ends.push(output.text.length)
      if (reason !== undefined) shorten(leastLength())
    }
  }
  const leastLength = (): number => Math.max(lastGiven + 1, answer.start + tokens.length)

  /** The committed positions of this round, in runs of neighbours. */
  const runs = (): (readonly [start: number, end: number])[] => {
    const positions = [...placed.keys()].sort((a, b) => a - b)
    const found: [number, number][] = []
    for (const position of positions) {
      const last = found.at(-1)
      if (last !== undefined && last[1] === position) last[1]++
      else found.push([position, position + 1])
    }
    return found
  }
  const committedEvent = (start: number, end: number): CommittedEvent => {
    const front = answer.start + shownTokens
    const closes = start <= front && front < end && tokens.length > shownTokens
    const text = closes ? output.text.slice(shownText) : ""
    return {
      type: "committed",
      tokens: Array.from(cells.subarray(start, end)),
      position: start,
      text,
      proposers: Array.from({ length: end - start }, (_, i) => placed.get(start + i)!),
      ends: Array.from({ length: end - start }, (_, i) => {
        const index = start + i - answer.start
        return closes && index >= 0 ? Math.max(0, (ends[index] ?? output.text.length) - shownText) : 0
      }),
    }
  }

  for (const { at, tokens: fixed } of target.fixed ?? [])
    for (let i = 0; i < fixed.length; i++) {
      put(at + i, fixed[i]!, given)
      isGiven[at + i] = 1
      lastGiven = at + i
    }
  read()

  return {
    get length(): number {
      return length
    },
    get cells(): Int32Array {
      return cells.subarray(0, length)
    },
    get filled(): number {
      return filled
    },
    get masked(): number {
      return masked
    },
    spans,
    answer,
    get leastLength(): number {
      return leastLength()
    },
    tokens,
    get text(): string {
      return output.text
    },
    get reason(): FinishReason | undefined {
      return reason
    },
    isEnd: output.isEnd,
    place(positions, values, proposers) {
      for (let i = 0; i < positions.length; i++) {
        const position = positions[i]!
        const token = values[i]!
        if (!(position >= 0 && position < length) || cells[position] !== -1)
          throw bug("not-masked", `Position ${position} of the canvas is not masked.`)
        if (!Number.isInteger(token) || token < 0 || token >= vocabularySize || token === maskToken)
          throw tokenOutOfRange(token, vocabularySize)
        put(position, token, proposers?.[i] ?? null)
        filled++
      }
      read()
    },
    cut(to) {
      if (!Number.isInteger(to) || to < leastLength() || to > length)
        throw bug("invalid-cut", `A canvas of ${length} positions cannot be cut to ${to}.`)
      shorten(to)
      read()
    },
    suggest(position, values) {
      const text = model.tokenizer?.decode(values) ?? ""
      provisional.push({ type: "provisional", tokens: values, position, text })
    },
    take() {
      const events: Event[] = runs().map(([start, end]) => committedEvent(start, end))
      const text = output.text.slice(shownText)
      if (text !== "" && !events.some((event) => event.type === "committed" && event.text === text)) {
        // A cut has closed the last gap.
        events.push({ type: "committed", tokens: [], position: length, text, proposers: [], ends: [] })
      }
      const committed = [...placed.values()].filter((proposer) => proposer !== given).length
      if (lowestCut !== undefined) events.push({ type: "cut", position: lowestCut })
      events.push(...provisional)
      placed = new Map()
      lowestCut = undefined
      provisional = []
      shownTokens = tokens.length
      shownText = output.text.length
      return { events, committed }
    },
    get standing(): number {
      return standing()
    },
  }
}
