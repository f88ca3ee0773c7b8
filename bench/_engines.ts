import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { build } from "esbuild"
import { tunables } from "../cli/bin/_huge-pages.mjs"
import type { Engine } from "./_worker.ts"

const here = fileURLToPath(new URL(".", import.meta.url))
const peers = join(here, "peers")

/** Bundles a worker of ours the way packages are bundled, so that no engine pays for compiling its sources. */
const bundled = async (name: string): Promise<string> => {
  const outfile = join(here, "results", `${name}.mjs`)
  await build({
    entryPoints: [join(here, `${name}.ts`)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    external: ["effect", "effect/*", "onnxruntime-node", "@huggingface/*", "@bufbuild/*"],
    logLevel: "warning",
  })
  return outfile
}

const ggufOf = (model: string): string | undefined => {
  if (!statSync(model).isDirectory()) return model.endsWith(".gguf") ? model : undefined
  const file = readdirSync(model).find((name) => name.endsWith(".gguf"))
  return file === undefined ? undefined : join(model, file)
}

/** The command starts with huge pages, and so does every engine that is compared with it; its heap is its own affair. */
const hugePages = { GLIBC_TUNABLES: "glibc.malloc.hugetlb=1" }
const asTheCommand = { GLIBC_TUNABLES: tunables }

/** Parade as users get it, and at one and two threads to see whether `auto` chose well. */
export const paradeEngines = async (model: string, threads: readonly string[]): Promise<Engine[]> => {
  const script = await bundled("worker-parade")
  return threads.map((count) => ({
    name: count === "auto" ? "Parade" : `Parade@${count}`,
    command: [script],
    environment: { MODEL: model, THREADS: count, ...asTheCommand },
  }))
}

/** The peers that are installed, and a sentence for each that is not. */
export const peerEngines = (model: string): { readonly engines: Engine[]; readonly missing: string[] } => {
  const engines: Engine[] = []
  const missing: string[] = []
  const has = (name: string): boolean => existsSync(join(peers, "node_modules", name, "package.json"))
  const gguf = ggufOf(model)
  if (!has("node-llama-cpp"))
    missing.push("node-llama-cpp is not installed: npm install --prefix bench/peers --ignore-scripts")
  else if (gguf === undefined) missing.push("node-llama-cpp needs the model as GGUF.")
  else
    for (const threads of ["1", "2"])
      engines.push({
        name: `node-llama-cpp@${threads}`,
        command: [join(peers, "node-llama-cpp.mjs")],
        environment: { MODEL_GGUF: gguf, THREADS: threads, ...hugePages },
      })
  const folder = process.env["MODEL_ONNX"]
  if (!has("@huggingface/transformers"))
    missing.push("transformers.js is not installed: npm install --prefix bench/peers --ignore-scripts")
  else if (folder === undefined)
    missing.push("transformers.js needs MODEL_ONNX, a folder in the onnx-community layout.")
  else
    for (const threads of ["1", "2"])
      engines.push({
        name: `transformers.js@${threads}`,
        command: [join(peers, "transformers-js.mjs")],
        environment: { MODEL_ONNX: folder, THREADS: threads, ...hugePages },
      })
  return { engines, missing }
}
