import { WeightsError } from "@parade/core"

/** A file that is not what its format says. */
export const malformed = (path: string, code: string, message: string, cause?: unknown): WeightsError =>
  new WeightsError({
    code: `weights.${code}`,
    message,
    advice: "The file is damaged or of another format: download or export it again.",
    path,
    cause,
  })
