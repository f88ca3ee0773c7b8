import { longestMatch, type Match } from "./lookup.ts"
import { repetitionChance } from "./propose.ts"

/** A match has to be so long before the text is taken to follow its source. */
const certain = 5

/** Tokens of the source that an edit may have left out: where the text is looked for again. */
const window = 16

/** Tokens that the text may have put in before it is taken to have left the source. */
const longestEdit = 8

/** What a place behind an edit is worth once its first token stands: as much as a match of so many tokens. */
const resumed = 4

/**
 * The chance of places behind an edit, the newest token its first: where the newest token stands in the source, as far
 * into it as the text is; where as many tokens were replaced as written; where they were put in. First guesses.
 */
const chances = { again: 0.6, replaced: 0.3, inserted: 0.2 }

/** Chances fall by this with every further token of the edit. */
const perToken = { again: 0.9, others: 0.5 }

/** The chance of finding the newest token again falls by this for every token it is off the place of a replacement. */
const perOffset = 0.8

/** Follows the place in its source of a text that is copied with small edits. */
export interface EditCursor {
  /**
   * The matches found for the end of a text, and the places where it may go on by its source, likeliest first. Call it
   * with every text in turn; one is a beginning of the next.
   */
  readonly places: (tokens: Int32Array, found: readonly Match[]) => readonly Match[]
}

/**
 * A cursor into the source of an edit. A match of {@link certain} tokens puts it there; it moves on with every token
 * that is as in the source. A token that is not begins an edit, and until two tokens in a row are found again within
 * the window behind the place where the text left, the text may go on behind what was replaced, before it (an
 * insertion), or wherever its newest token stands (a deletion, or a replacement of another length). An n-gram would
 * have to be written anew for each of these.
 */
export const editCursor = (start: number, within?: number): EditCursor => {
  /** Tokens that are followed. */
  let seen = start
  /** Index in the text of the token expected next, or, in an edit, of the first that was not written; `-1` without a source. */
  let at = -1
  /** Tokens in a row that were as in the source. */
  let run = 0
  /** Tokens of the edit so far; 0 outside. */
  let written = 0

  const followed = (from: number, length: number): void => {
    at = from
    run = Math.min(length, longestMatch)
    written = 0
  }

  /** The first place behind `newest`, within the window, where it and `before` tokens ahead of it stand; `-1` if nowhere. */
  const found = (tokens: Int32Array, newest: number, before: 0 | 1): number => {
    const end = Math.min(at + window, newest, within ?? newest)
    for (let place = Math.max(at, before); place < end; place++)
      if (tokens[place] === tokens[newest] && (before === 0 || tokens[place - 1] === tokens[newest - 1]))
        return place + 1
    return -1
  }

  const step = (tokens: Int32Array, newest: number): void => {
    if (at < 0) return
    if (written === 0 && tokens[at] === tokens[newest]) return followed(at + 1, run + 1)
    if (written++ === 0) return
    const again = found(tokens, newest, 1)
    if (again >= 0) followed(again, 2 + Math.floor(run / 2))
    else if (written > longestEdit) at = -1
  }

  const behindEdit = (tokens: Int32Array): readonly Match[] => {
    const others = perToken.others ** (written - 1)
    const places: Match[] = [
      { from: at + written, length: resumed, chance: chances.replaced * others },
      { from: at, length: resumed, chance: chances.inserted * others },
    ]
    const again = found(tokens, tokens.length - 1, 0)
    if (again < 0) return places
    const offset = Math.abs(again - (at + written))
    const chance = chances.again * perToken.again ** (written - 1) * perOffset ** offset
    return [{ from: again, length: resumed, chance }, ...places]
  }

  return {
    places(tokens, matches) {
      for (; seen < tokens.length; seen++) step(tokens, seen)
      for (const { from, length } of matches)
        if (length >= certain && (at < 0 || written > 0 || length > run)) followed(from, length)
      if (at < 0) return matches
      const end = within ?? tokens.length
      const places = new Map<number, Match>()
      const own = written === 0 ? [{ from: at, length: run }] : behindEdit(tokens)
      for (const place of [...matches, ...own]) {
        const known = places.get(place.from)
        if (place.from < end && (known === undefined || chanceOf(known) < chanceOf(place)))
          places.set(place.from, place)
      }
      return [...places.values()].sort((a, b) => chanceOf(b) - chanceOf(a))
    },
  }
}

const chanceOf = ({ chance, length }: Match): number => chance ?? repetitionChance(length)
