/** Fast-dLLM v2: block diffusion over an exact cache of finished blocks. */
export { plugin } from "./plugin.ts"
