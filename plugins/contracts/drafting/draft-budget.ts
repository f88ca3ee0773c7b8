/** How much may be proposed in a round; what exceeds it is cut off. */
export interface DraftBudget {
  /**
   * Nodes at most. A drafter that draws its proposals must decide how many to draw before it draws them, and keep to
   * this itself: a cut that depends on what was drawn would bias the text.
   */
  readonly nodes: number
  /** Levels at most: the text may not grow longer than that. */
  readonly depth: number
  /** Proposals and auxiliary rows together, at most: so many fit in the context. */
  readonly rows: number
}
