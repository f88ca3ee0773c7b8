/** Run graphs on onnxruntime: devices, sessions started from disk, threads and the cost of rows by measurement. */
export { cacheFolder } from "@parade/graph"
export * from "./cost.ts"
export * from "./measure-choice.ts"
export * from "./measure-threads.ts"
export * from "./open-device.ts"
export * from "./options.ts"
