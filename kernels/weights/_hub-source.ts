import { WeightsError } from "@parade/core"

/** A model on a hub: `hf:owner/name[/file.gguf][@revision]`. */
export interface HubSource {
  /** `owner/name`. */
  readonly repository: string
  readonly revision: string
  /** One file of weights among several. */
  readonly file: string | undefined
}

const segment = /^[A-Za-z0-9][\w.-]*$/

/** Whether a text is a path of plain names, such as no system reads as a way out of its folder. */
export const isPlainPath = (path: string): boolean =>
  path.length <= 512 && path.split("/").every((part) => part.length <= 255 && segment.test(part))

/** Reads a source that starts with `hf:`. Throws `WeightsError`. */
export const parseHubSource = (source: string): HubSource => {
  const [path = "", revision = "main", ...more] = source.slice(3).split("@")
  const [owner, name, ...rest] = path.split("/")
  const file = rest.length === 0 ? undefined : rest.join("/")
  const good =
    more.length === 0 &&
    owner !== undefined &&
    name !== undefined &&
    isPlainPath(`${owner}/${name}`) &&
    isPlainPath(revision) &&
    (file === undefined || (isPlainPath(file) && /\.(gguf|safetensors)$/.test(file)))
  if (!good)
    throw new WeightsError({
      code: "weights.bad-source",
      message: `${JSON.stringify(source)} does not name a model on the hub.`,
      advice: "Write hf:owner/name, with @revision or /file.gguf after it where needed.",
      path: source,
    })
  return { repository: `${owner}/${name}`, revision, file }
}
