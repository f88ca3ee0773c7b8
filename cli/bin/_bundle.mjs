import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The folder of a package that an input of the bundle came from, `undefined` for the workspace's own. */
const packageFolder = (input) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]

/** Others' code may be passed on with its licence only. */
const licences = (inputs) => {
  const folders = new Set(inputs.map(packageFolder).filter((folder) => folder !== undefined))
  return [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file === undefined ? "" : readFileSync(join(root, folder, file), "utf8").trim()
    return `${name} ${version} (${license})\n\n${text}\n`
  })
}

/**
 * Bundles the command, the official plugins and all they need but the native runtime into few files, because most of
 * the time to the first token goes into finding and reading hundreds of modules. Gives the workspace's own inputs.
 *
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
export const bundle = async (folder) => {
  const { build } = await import("esbuild")
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(root, "cli", "bundled.ts")],
    outdir: folder,
    entryNames: "parade",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["onnxruntime-node"],
    minifyWhitespace: true,
    legalComments: "none",
    metafile: true,
    logLevel: "silent",
  })
  const inputs = Object.keys(metafile.inputs)
  writeFileSync(join(folder, "LICENSES.txt"), licences(inputs).join(`\n${"-".repeat(80)}\n\n`))
  return inputs.filter((input) => packageFolder(input) === undefined).map((input) => resolve(root, input))
}
