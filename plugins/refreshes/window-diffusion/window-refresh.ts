import { maskedPositions, positionRange, type Refresh } from "@parade/denoising"

export interface WindowRefreshOptions {
  /** Masked positions that are seen at all (`w`); those behind them are left out. */
  readonly window: number
  /** Filled positions from one refresh to the next (`r`). */
  readonly cycle: number
}

/**
 * Window-Diffusion: a refresh computes what is filled and the first `window` masks, and keeps it; until the next one
 * only the open positions and those filled since are computed, over the rest as it was. What lies behind the window is
 * neither computed nor seen. One refresh per `cycle` filled positions.
 */
export const windowRefresh = ({ window, cycle }: WindowRefreshOptions): Refresh => ({
  name: "window-diffusion",
  exact: false,
  open: () => {
    let since: number | undefined
    /** Masked when the phase began: what is filled of them has been filled in this phase. */
    let masked: Int32Array = new Int32Array(0)
    return {
      plan(state, { groups }) {
        if (since === undefined || state.filled - since >= cycle) {
          since = state.filled
          masked = maskedPositions(state)
          const far = new Set(masked.subarray(window))
          for (const { positions } of groups) for (const position of positions) far.delete(position)
          const seen = positionRange(-state.promptLength, state.length).filter(
            (position) => !far.has(position),
          )
          return { compute: seen, keep: seen }
        }
        const recent = masked.filter((position) => position < state.length && state.cells[position] !== -1)
        const compute = new Set(recent)
        for (const { positions } of groups) for (const position of positions) compute.add(position)
        return { compute: Int32Array.from(compute).sort(), keep: new Int32Array(0) }
      },
    }
  },
})
