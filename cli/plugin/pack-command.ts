import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { outPaint, writeOut } from "../output.ts"
import { withProgress } from "../progress-bar.ts"
import { folderArgument, titleOf } from "./check-command.ts"
import { fitPackage } from "./fit-package.ts"
import type { OpenPackage } from "./open-package.ts"
import { type PackedPackage, packPackage } from "./pack-package.ts"

const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`

/** What is in a tarball, file by file, and how large it is. */
export const contentsOf = (subject: OpenPackage, packed: PackedPackage): string => {
  const paint = outPaint()
  const sizes = packed.files.map(({ size }) => kilobytes(size))
  const width = Math.max(...sizes.map((size) => size.length))
  const lines = packed.files.map(({ path }, i) => `  ${paint.dim(sizes[i]!.padStart(width))}  ${path}\n`)
  return `${titleOf(subject)}\n${lines.join("")}${kilobytes(packed.unpackedSize)} in ${packed.files.length} files, ${kilobytes(packed.size)} packed\n`
}

/** What programs are told of a tarball. */
export const packedJson = <A>(
  { name, version }: OpenPackage,
  packed: A,
): A & { name: string; version: string } => ({
  name,
  version,
  ...packed,
})

/** `parade plugin pack`. */
export const packCommand: Command.Command.Any = Command.make(
  "pack",
  {
    folder: folderArgument,
    out: Flag.String("out").pipe(
      Flag.withMetavar("DIR"),
      Flag.withDescription("Where the tarball is put; the current folder when left out"),
      Flag.withDefault("."),
    ),
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print the tarball's path, size and files as JSON"),
      Flag.withDefault(false),
    ),
  },
  ({ folder, out, json }) =>
    Effect.scoped(
      Effect.gen(function* () {
        const subject = yield* fitPackage(folder)
        const packed = yield* withProgress(`Packing ${subject.name}`, packPackage(subject, out))
        yield* writeOut(
          json
            ? `${JSON.stringify(packedJson(subject, packed), null, 2)}\n`
            : `${contentsOf(subject, packed)}${packed.tarball}\n`,
        )
      }),
    ),
).pipe(
  Command.withDescription("Check a package, compile its sources and pack it into a tarball that installs"),
)
