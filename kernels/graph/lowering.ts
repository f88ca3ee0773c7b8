import type { GraphBuilder } from "./builder.ts"
import type { Value } from "./graph.ts"
import type { Matrix, RowMatrix } from "./matrix.ts"

/**
 * How a linear layer over rows `x` is computed: asked for each in the order they are built. `multiply` builds the
 * product with the weights given; the rule may give it another form of them, or take note of what goes in and out.
 */
export type LinearRule = (
  x: Value,
  matrix: Matrix,
  multiply: (matrix: Matrix | RowMatrix) => Value,
  g: GraphBuilder,
) => Value

/** Which operators composites are written in. */
export interface Lowering {
  /** `exact`: simple standard operators. `fused`: those of onnxruntime too. */
  readonly kind: "exact" | "fused"
  /** Operators the device lacks. */
  readonly without?: ReadonlySet<FusedOperator> | undefined
  /** The graph is built to be differentiated: composites give what gradients are made of too, where that is cheap. */
  readonly differentiated?: boolean | undefined
  /** Where absent, matrices are multiplied in the form they have. */
  readonly linear?: LinearRule | undefined
}

/** Operators of onnxruntime, and of the standard's later versions, that stand for several simple ones. */
export type FusedOperator =
  | "Attention"
  | "FusedMatMul"
  | "GatherBlockQuantized"
  | "Gelu"
  | "If"
  | "LayerNormalization"
  | "MatMulIntegerToFloat"
  | "MatMulNBits"
  /** The second output of `SimplifiedLayerNormalization`. */
  | "NormDeviation"
  | "QuickGelu"
  | "RotaryEmbedding"
  | "SimplifiedLayerNormalization"
  | "SkipSimplifiedLayerNormalization"
