import { spawn } from "node:child_process"
import { readFileSync } from "node:fs"

/**
 * Huge pages; and large blocks always from the system and back to it, small ones in one arena for all threads, as what is
 * free in one arena is of no use to another: 4 % less memory in training, at the same speed.
 */
export const tunables = ["hugetlb=1", "arena_max=1", "mmap_threshold=1048576"]
  .map((each) => `glibc.malloc.${each}`)
  .join(":")

/** Whether Linux gives huge pages to those who ask for them, and to nobody else. */
const onRequest = () => {
  try {
    return readFileSync("/sys/kernel/mm/transparent_hugepage/enabled", "utf8").includes("[madvise]")
  } catch {
    return false
  }
}

/**
 * Runs the command again with huge pages for its weights, where that helps: a forward of one row reads all of them, and
 * spends a fifth of its time looking up small pages. The C library asks for them only if told before the process
 * starts. Gives the exit status, or `undefined` where this process should go on itself.
 */
export const runWithHugePages = () => {
  const { env, execPath, execArgv, argv, stdin } = process
  if (process.platform !== "linux" || "Deno" in globalThis) return undefined
  if (env.GLIBC_TUNABLES !== undefined || env.PARADE_HUGE_PAGES === "0" || !onRequest()) return undefined
  const child = spawn(execPath, [...execArgv, ...argv.slice(1)], {
    stdio: "inherit",
    env: { ...env, GLIBC_TUNABLES: tunables },
  })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      // A terminal sends its interrupt to both.
      if (signal !== "SIGINT" || stdin.isTTY !== true) child.kill(signal)
    })
  return new Promise((resolve) => {
    child.once("error", () => resolve(undefined))
    child.once("exit", (code, signal) => {
      if (signal === null) return resolve(code)
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    })
  })
}
