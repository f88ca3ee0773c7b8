import { WeightsError } from "@parade/core"

/** A model on a hub: `hf:owner/name[/file.gguf][@revision]`. */
export interface HubSource {
  /** `owner/name`. */
  readonly repository: string
  readonly revision: string
  /** One file of weights among several. */
  readonly file: string | undefined
}

/** `https://…`: no model is read from there. */
export const isWebAddress = (source: string): boolean => /^[a-z][a-z0-9+.-]+:\/\//i.test(source)

const segment = /^[A-Za-z0-9][\w.-]*$/

/** Whether a text is a path of plain names, such as no system reads as a way out of its folder. */
export const isPlainPath = (path: string): boolean =>
  path.length <= 512 && path.split("/").every((part) => part.length <= 255 && segment.test(part))

/** Reads a source that starts with `hf:`. Throws `WeightsError`. */
export const parseHubSource = (source: string): HubSource => {
  const [path = "", revision = "main", ...more] = source.slice(3).split("@")
  const [owner, name, ...rest] = path.split("/")
  const file = rest.length === 0 ? undefined : rest.join("/")
  const refuse = (why: string): WeightsError =>
    new WeightsError({
      code: "weights.bad-source",
      message: `This does not name a model on the hub: ${why}.`,
      advice: "Write hf:owner/name, with @revision or /file.gguf after it where needed.",
      path: source,
    })
  if (owner === undefined || name === undefined || !isPlainPath(`${owner}/${name}`))
    throw refuse("owner and name are needed, with a slash between them")
  if (more.length > 0 || !isPlainPath(revision)) throw refuse("what follows the @ is no revision")
  if (file !== undefined && !(isPlainPath(file) && /\.(gguf|safetensors)$/.test(file)))
    throw refuse("what follows the name is no .gguf or .safetensors file")
  return { repository: `${owner}/${name}`, revision, file }
}
