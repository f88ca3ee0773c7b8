import { readFileSync } from "node:fs"
import { setTimeout as sleep } from "node:timers/promises"

const clockTicks = 100

/** Seconds all cores have worked, or `undefined` where the system does not tell. */
const busySeconds = (): number | undefined => {
  try {
    const line = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!
    const [user, nice, system, , , irq, softIrq, steal] = line.trim().split(/\s+/).slice(1).map(Number)
    return (user! + nice! + system! + irq! + softIrq! + steal!) / clockTicks
  } catch {
    return undefined
  }
}

const processSeconds = (pid: number): number => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return (Number(fields[11]) + Number(fields[12])) / clockTicks
  } catch {
    return 0
  }
}

/** Waits until the machine has been almost idle for a quarter of a second, or `limit` milliseconds. */
export const quiet = async (limit = 20_000, cores = 0.15): Promise<boolean> => {
  const start = performance.now()
  while (performance.now() - start < limit) {
    const before = busySeconds()
    const at = performance.now()
    await sleep(250)
    const after = busySeconds()
    if (before === undefined || after === undefined) return true
    if ((after - before) / ((performance.now() - at) / 1000) < cores) return true
    await sleep(250)
  }
  return false
}

/** Runs `work` and tells how many cores processes other than `pids` used meanwhile; 0 where nobody can tell. */
export const watched = async <A>(
  pids: readonly number[],
  work: () => Promise<A>,
): Promise<{ readonly value: A; readonly foreign: number }> => {
  const own = (): number => pids.reduce((sum, pid) => sum + processSeconds(pid), 0)
  const busy = busySeconds()
  const ours = own()
  const at = performance.now()
  const value = await work()
  const seconds = (performance.now() - at) / 1000
  const busyAfter = busySeconds()
  if (busy === undefined || busyAfter === undefined) return { value, foreign: 0 }
  return { value, foreign: Math.max(0, (busyAfter - busy - (own() - ours)) / seconds) }
}
