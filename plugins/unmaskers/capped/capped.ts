import {
  around,
  type CanvasView,
  editOf,
  type Prediction,
  ranked,
  type Unmasker,
  withProgress,
} from "@parade/denoising"

export interface CappedOptions {
  /** Says how many positions are sure enough. */
  readonly rule: Unmasker
  /** Positions filled in a step at least, as far as there are so many (`n_min`). */
  readonly min: number
  /** At most (`n_max`). */
  readonly max: number
  /** Steps on a block after which the next one fills all that is left of it (`S_max`); no cap where absent. */
  readonly maxSteps?: number
  /** The share of the canvas that must be filled before its text may end (`ρ_EOS`); 0 is no gate. */
  readonly endAfter: number
}

const confidence = (prediction: Prediction): number => prediction.confidence

/** The share of what was to be filled that is filled. */
const progressOf = ({ state: { filled, masked } }: CanvasView): number => filled / (filled + masked)

/** The view without the positions that would end the text. */
const withoutEnds = (view: CanvasView): CanvasView => {
  const { state, stage } = view
  const stays = ({ token }: Prediction): boolean => !state.isEnd(token)
  const open = view.open.filter(stays)
  if (open.length === view.open.length) return view
  const groups = view.groups.map((group) => group.filter(stays))
  const positions = groups.map((group) => Int32Array.from(group, ({ position }) => position))
  return {
    ...view,
    stage: {
      ...stage,
      groups: stage.groups.map((group, i) => ({ ...group, positions: positions[i]! })),
    },
    open,
    groups,
  }
}

/**
 * CD4LM's bounds on a step (CAD), around any rule: of the positions that the rule would fill, no more than `max`, the most
 * confident first, and of all no fewer than `min`; after `maxSteps` steps on a block all of it. Until a share `endAfter` of
 * the canvas is filled, positions that would end the text are left out; where nothing else is open, `min` of them are
 * filled all the same, so that no canvas stands still. What fills a block for good does not ask whether the text ends.
 */
export const capped = ({ rule, min, max, maxSteps, endAfter }: CappedOptions): Unmasker => {
  return {
    name: `capped(${rule.name})`,
    ...around(rule),
    open: (context) => {
      const inner = rule.open(context)
      let steps = 0
      let endsOnly = 0
      let forced = 0
      return {
        ...(inner.follows === undefined ? {} : { follows: inner.follows }),
        begin(state, stage) {
          steps = 0
          inner.begin?.(state, stage)
        },
        propose(view) {
          if (maxSteps !== undefined && steps >= maxSteps) {
            forced++
            return [editOf(view.open.filter(({ position }) => position < view.stage.block.end))]
          }
          steps++
          const free = progressOf(view) < endAfter ? withoutEnds(view) : view
          if (free.open.length === 0) {
            endsOnly++
            return [withProgress(view, ranked(view.open, confidence).slice(0, min), confidence)]
          }
          const [edit] = inner.propose(free)
          const filled = new Set(edit.positions)
          const tokens = new Map(edit.positions.map((position, i) => [position, edit.tokens[i]!]))
          const isChosen = ({ position }: Prediction): boolean => filled.has(position)
          const sure = free.open.filter(isChosen)
          const others = free.open.filter((prediction) => !isChosen(prediction))
          const missing = ranked(others, confidence).slice(0, Math.max(0, min - sure.length))
          const kept = ranked([...sure, ...missing], confidence).slice(0, max)
          const { positions, tokens: own } = withProgress(view, kept, confidence)
          return [
            {
              ...edit,
              positions,
              // A rule may put other tokens than those predicted.
              tokens: positions.map((position, i) => tokens.get(position) ?? own[i]!),
            },
          ]
        },
        counters() {
          const counted = {
            ...inner.counters?.(),
            ...(endsOnly > 0 ? { endsOnly } : {}),
            ...(forced > 0 ? { forced } : {}),
          }
          endsOnly = 0
          forced = 0
          return counted
        },
      }
    },
  }
}
