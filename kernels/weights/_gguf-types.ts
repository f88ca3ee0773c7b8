import { IQ1_M, IQ1_S, IQ2_S, IQ2_XS, IQ2_XXS, IQ3_S, IQ3_XXS } from "./_quant-grid.ts"
import { Q2_K, Q3_K, Q4_K, Q5_K, Q6_K } from "./_quant-k.ts"
import { Q4_0, Q4_1, Q5_0, Q5_1, Q8_0 } from "./_quant-legacy.ts"
import { IQ4_NL, IQ4_XS, MXFP4, NVFP4, TQ1_0, TQ2_0 } from "./_quant-tables.ts"
import type { Quantisation } from "./_quantisation.ts"

/** A tensor type of GGUF: plain elements, or blocks of a quantisation. */
export interface GgufType {
  readonly name: string
  /** Elements in a block; 1 for plain elements. */
  readonly elements: number
  /** Bytes of a block. */
  readonly bytes: number
  readonly quantisation?: Quantisation
}

const plain = (name: string, bytes: number): GgufType => ({ name, elements: 1, bytes })

const blocks = (quantisation: Quantisation): GgufType => ({
  name: quantisation.name,
  elements: quantisation.elements,
  bytes: quantisation.bytes,
  quantisation,
})

/** Tensor types by their numbers in the format. The gaps are types that were removed, or never hold weights. */
export const ggufTypes: ReadonlyMap<number, GgufType> = new Map([
  [0, plain("F32", 4)],
  [1, plain("F16", 2)],
  [2, blocks(Q4_0)],
  [3, blocks(Q4_1)],
  [6, blocks(Q5_0)],
  [7, blocks(Q5_1)],
  [8, blocks(Q8_0)],
  [10, blocks(Q2_K)],
  [11, blocks(Q3_K)],
  [12, blocks(Q4_K)],
  [13, blocks(Q5_K)],
  [14, blocks(Q6_K)],
  [16, blocks(IQ2_XXS)],
  [17, blocks(IQ2_XS)],
  [18, blocks(IQ3_XXS)],
  [19, blocks(IQ1_S)],
  [20, blocks(IQ4_NL)],
  [21, blocks(IQ3_S)],
  [22, blocks(IQ2_S)],
  [23, blocks(IQ4_XS)],
  [24, plain("I8", 1)],
  [25, plain("I16", 2)],
  [26, plain("I32", 4)],
  [27, plain("I64", 8)],
  [28, plain("F64", 8)],
  [29, blocks(IQ1_M)],
  [30, plain("BF16", 2)],
  [34, blocks(TQ1_0)],
  [35, blocks(TQ2_0)],
  [39, blocks(MXFP4)],
  [40, blocks(NVFP4)],
])
