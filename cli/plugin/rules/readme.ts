import { join } from "node:path"
import { textOf } from "../text-of.ts"
import { type Rule, rule } from "./rule.ts"

/** What the README of every package tells, in this order. */
const sections = ["When to use it", "Install", "Use", "Config", "Needs", "Limits", "Source"]

/** The README bears the package's name and has the sections of all the others. */
export const readme: Rule = rule(function* ({ folder, name }) {
  const written = textOf(join(folder, "README.md"))
  if (written === undefined) {
    yield {
      path: "README.md",
      code: "package.no-readme",
      message: "There is no README.",
      expected: sections.join(", "),
    }
    return
  }
  const text = written.replaceAll("\r\n", "\n")
  const title = /^# (.*)$/m.exec(text)?.[1]
  if (title !== name)
    yield {
      path: "README.md",
      code: "package.another-title",
      message: title === undefined ? "It has no title." : `Its title is ${JSON.stringify(title)}.`,
      expected: `# ${name}`,
    }
  const headings = new Set(Array.from(text.matchAll(/^## (.*)$/gm), ([, heading]) => heading!.trim()))
  const missing = sections.filter((section) => !headings.has(section))
  if (missing.length > 0)
    yield {
      path: "README.md",
      code: "package.no-section",
      message: `It lacks ${missing.map((section) => `## ${section}`).join(", ")}.`,
      expected: `the sections ${sections.join(", ")}`,
    }
})
