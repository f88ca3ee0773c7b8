import { homedir, tmpdir } from "node:os"
import { isAbsolute, join } from "node:path"

/**
 * Where compiled graphs, measurements and downloads are kept: `PARADE_CACHE`, or `parade` in the user's cache folder
 * (`XDG_CACHE_HOME`, `LOCALAPPDATA` on Windows, `~/Library/Caches` on macOS, `~/.cache`).
 * Everything in it can be deleted at any time.
 */
export const cacheFolder = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string => {
  const own = environment["PARADE_CACHE"]
  if (own !== undefined && own !== "") return own
  const shared = environment["XDG_CACHE_HOME"]
  // The XDG specification has relative paths ignored.
  if (shared !== undefined && isAbsolute(shared)) return join(shared, "parade")
  const local = environment["LOCALAPPDATA"]
  if (process.platform === "win32" && local !== undefined && local !== "") return join(local, "parade")
  const home = homedir()
  if (home === "") return join(tmpdir(), "parade")
  return process.platform === "darwin"
    ? join(home, "Library", "Caches", "parade")
    : join(home, ".cache", "parade")
}
