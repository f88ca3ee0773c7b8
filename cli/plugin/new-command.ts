import { relative } from "node:path"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { outPaint, writeOut } from "../output.ts"
import { optionalFlag } from "../pipeline-options.ts"
import { installedVersion } from "./installed-version.ts"
import { templateKinds } from "./kinds.ts"
import { type Manifest, strings } from "./manifest.ts"
import { newPackage } from "./new-package.ts"
import { unbundled } from "./unbundled.ts"

/** The commands that a README tells to try it by. */
const commandsIn = (readme: string): readonly string[] =>
  Array.from(readme.matchAll(/^ {4}(npx parade .*)$/gm), ([, command]) => command!)

/** Whether all that a package asks for is found from its folder already, as inside a workspace. */
const isInstalled = (folder: string, manifest: string): boolean => {
  const { peerDependencies, devDependencies } = JSON.parse(manifest) as Manifest
  const asked = Object.keys({ ...strings(peerDependencies), ...strings(devDependencies) })
  return asked.every((name) => installedVersion(name, folder) !== undefined)
}

/** `parade plugin new`. */
export const newCommand: Command.Command.Any = Command.make(
  "new",
  {
    name: Argument.String("NAME").pipe(
      Argument.withDescription("The npm package, such as my-drafter or @me/my-drafter"),
    ),
    kind: Flag.String("kind").pipe(
      Flag.withMetavar("KIND"),
      Flag.withDescription(`What it is: ${templateKinds.join(", ")}`),
    ),
    out: optionalFlag(
      Flag.String("out").pipe(Flag.withMetavar("DIR")),
      "The folder to write, which must be empty or not be there; the name without its scope when left out",
    ),
  },
  ({ name, kind, out }) =>
    Effect.gen(function* () {
      yield* unbundled
      const { folder, files } = yield* newPackage(name, kind, out)
      const paint = outPaint()
      const place = relative("", folder)
      const steps = [
        ...(place === "" ? [] : [`cd ${place}`]),
        ...(isInstalled(folder, files.get("package.json")!) ? [] : ["npm install"]),
        "npm test             # the conformance suite of its kind",
        "npm run check        # its types, and whether it is fit to be published",
        ...commandsIn(files.get("README.md")!),
      ]
      yield* writeOut(
        `${paint.bold(name)}, a plugin of the kind ${kind}, in ${folder}: ${[...files.keys()].join(", ")}\n\n` +
          `${steps.map((step) => `    ${step}\n`).join("")}`,
      )
    }),
).pipe(Command.withDescription("Write a small package that works, to be made into a plugin of yours"))
