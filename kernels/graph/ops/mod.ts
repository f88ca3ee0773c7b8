/** The operators of the graph language: each adds a node to a builder and gives its value. */
export type { ConvolutionOptions } from "./convolution.ts"
export { conv, convTranspose } from "./convolution.ts"
export * from "./elementwise.ts"
export * from "./fused.ts"
export * from "./integer.ts"
export * from "./layout.ts"
export * from "./places.ts"
export type { GemmOptions } from "./product.ts"
export {
  cumSum,
  gemm,
  layerNormalization,
  logSoftmax,
  matMul,
  reduceMax,
  reduceMean,
  reduceSum,
  reduceSumSquare,
  softmax,
} from "./product.ts"
export { sizes } from "./sizes.ts"
