import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { outPaint, writeOut } from "../output.ts"
import { optionalFlag } from "../pipeline-options.ts"
import { withProgress } from "../progress-bar.ts"
import { folderArgument } from "./check-command.ts"
import { fitPackage } from "./fit-package.ts"
import { contentsOf, packedJson } from "./pack-command.ts"
import { packPackage, temporaryFolder } from "./pack-package.ts"
import { publishTarball } from "./publish-tarball.ts"

/** `parade plugin publish`. */
export const publishCommand: Command.Command.Any = Command.make(
  "publish",
  {
    folder: folderArgument,
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Do all but upload it"),
      Flag.withDefault(false),
    ),
    tag: optionalFlag(
      Flag.String("tag").pipe(Flag.withMetavar("TAG")),
      "What people install it by who name no version; latest when left out",
    ),
    access: optionalFlag(
      Flag.Literals("access", ["public", "restricted"]),
      "Who may install it; a new package in a scope is restricted where npm is told nothing else",
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print what was published as JSON"),
      Flag.withDefault(false),
    ),
  },
  ({ folder, dryRun, tag, access, json }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const subject = yield* fitPackage(folder)
        const packed = yield* withProgress(
          `Packing ${subject.name}`,
          Effect.flatMap(temporaryFolder, (out) => packPackage(subject, out)),
        )
        if (!json) yield* writeOut(contentsOf(subject, packed))
        const options = { dryRun, tag, access }
        yield* withProgress(`Publishing ${subject.name}`, publishTarball(subject, packed.tarball, options))
        const { tarball: _, ...contents } = packed
        yield* writeOut(
          json
            ? `${JSON.stringify({ ...packedJson(subject, contents), tag: tag ?? "latest", published: !dryRun }, null, 2)}\n`
            : dryRun
              ? "Nothing was uploaded.\n"
              : `${outPaint().green("Published")} ${subject.name}@${subject.version}, tag ${tag ?? "latest"}.\n`,
        )
      }),
    ),
).pipe(Command.withDescription("Check and pack a package, and let npm publish it"))
