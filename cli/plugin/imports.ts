import { dirname, join } from "node:path"
import { textOf } from "./text-of.ts"

const imported = /^(?!\s*(?:\*|\/[/*])).*?(?:\bfrom |^import |\bimport\()"([^"\n]+)"/gm

/** What a source imports, as it is written. */
export const specifiersIn = (source: string): readonly string[] =>
  Array.from(source.matchAll(imported), ([, specifier]) => specifier!)

/** The package that a specifier leads to; `undefined` where it is a file or a module of the runtime. */
export const packageOf = (specifier: string): string | undefined =>
  /^(\.|\/|#|[a-z]+:)/.test(specifier)
    ? undefined
    : specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/")

/** The sources that some files lead to, themselves among them: what is published, so not its tests and their helpers. */
export const sourcesFrom = (files: Iterable<string>): ReadonlySet<string> => {
  const found = new Set<string>()
  const follow = (path: string): void => {
    if (found.has(path) || !/\.[mc]?[jt]s$/.test(path)) return
    const source = textOf(path)
    if (source === undefined) return
    found.add(path)
    for (const specifier of specifiersIn(source))
      if (specifier.startsWith(".")) follow(join(dirname(path), specifier))
  }
  for (const file of files) follow(file)
  return found
}
