import { allPositions, type Refresh } from "@parade/denoising"

/** Every step recomputes every row, prompt and canvas; nothing is kept. What the other refreshes are compared with. */
export const fullRefresh: Refresh = {
  name: "full-refresh",
  exact: true,
  open: () => ({ plan: (state) => ({ compute: allPositions(state), keep: new Int32Array(0) }) }),
}
