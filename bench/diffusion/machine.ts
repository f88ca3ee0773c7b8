import { cpus } from "node:os"

/** The machine, in a few words. */
export const machineOf = (): string =>
  `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`
