import { readFileSync } from "node:fs"
import { join } from "node:path"
import { specifiersIn } from "../imports.ts"
import { filesAt } from "../packed-files.ts"
import { type Rule, rule } from "./rule.ts"

const isTest = (file: string): boolean => /[._](test|spec)\.[mc]?[jt]sx?$/.test(file)

/** A test holds the plugin to what its kind promises. */
export const conformance: Rule = rule(function* ({ folder }) {
  const tests = filesAt(folder, ".").filter(isTest)
  const conforming = tests.some((file) => {
    const source = readFileSync(join(folder, file), "utf8")
    return specifiersIn(source).includes("@parade/test") && /\b\w+Suite\(/.test(source)
  })
  if (!conforming)
    yield {
      path: "conformance_test.ts",
      code: "package.no-conformance-test",
      message: tests.length === 0 ? "There is no test." : "No test runs the suite of the plugin's kind.",
      expected: "a file *_test.ts that calls one of the suites of @parade/test, such as drafterSuite",
    }
})
