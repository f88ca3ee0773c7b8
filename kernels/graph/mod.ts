/** Build ONNX graphs in TypeScript and run them exactly; devices implement {@link Device}. */
export type * from "./device.ts"
export type * from "./graph.ts"
export * from "./host-rows.ts"
export type * from "./matrix.ts"
export * from "./tensor.ts"
