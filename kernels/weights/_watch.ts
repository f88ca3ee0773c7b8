/** Waits for something that may fall silent. */
export interface Watch {
  /** Aborts when nothing was heard for a while, or when the caller's does. */
  readonly signal: AbortSignal
  readonly heard: () => void
  readonly stop: () => void
}

/** A watch that gives up an attempt when it has heard nothing for so many milliseconds, or when the caller does. */
export const makeWatch = (signal: AbortSignal, patience: number): Watch => {
  const controller = new AbortController()
  const give = (): void => controller.abort(signal.reason)
  signal.addEventListener("abort", give, { once: true })
  let timer: ReturnType<typeof setTimeout> | undefined
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => controller.abort(new Error("no data for too long")), patience)
  }
  heard()
  return {
    signal: controller.signal,
    heard,
    stop: (): void => {
      clearTimeout(timer)
      signal.removeEventListener("abort", give)
    },
  }
}
