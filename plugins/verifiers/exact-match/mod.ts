/** A verifier that gives token for token what plain decoding gives, at every temperature. */
export { exactMatch } from "./exact-match.ts"
export { plugin } from "./plugin.ts"
