/** The recipe that adapts a text model to WeDLM. */
export { recipe } from "./recipe.ts"
export { reorderedStreams } from "./reordered-streams.ts"
