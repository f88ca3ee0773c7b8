import { isParadeError, WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import assert from "node:assert/strict"
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { needs, shared } from "./_shared-test-files.ts"
import { openSafetensors, readSafetensors } from "./safetensors.ts"
import { openSharded } from "./sharded.ts"
import { writeSafetensors } from "./write-safetensors.ts"

const fixtures = join(shared, "fixtures/safetensors")
const withFixtures = needs("fixtures/safetensors")

const inFolder = async (body: (folder: string) => Promise<void> | void): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-weights-"))
  try {
    await body(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const failureOf = (path: string): WeightsError => {
  try {
    readSafetensors(path).close()
  } catch (error) {
    assert.ok(error instanceof WeightsError, String(error))
    return error
  }
  return assert.fail(`${path} was accepted`)
}

test("every dtype is read exactly", withFixtures, () => {
  const expected = JSON.parse(readFileSync(join(fixtures, "valid/dtypes.json"), "utf8")) as Record<
    string,
    { shape: number[]; values: (number | string)[] }
  >
  const file = readSafetensors(join(fixtures, "valid/dtypes.safetensors"))
  assert.deepEqual([...file.tensors.keys()].sort(), Object.keys(expected).sort())
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const tensor = file.tensors.get(name)!
    assert.deepEqual(tensor.shape, shape)
    const half = /^(F16|BF16|F8)/.test(tensor.type)
    const read = half ? tensor.values() : tensor.raw()
    const exact = tensor.type === "F32" ? values.map((value) => Math.fround(Number(value))) : values
    assert.deepEqual(
      Array.from(read as ArrayLike<number | bigint>, (value) =>
        typeof value === "bigint" ? `${value}` : value,
      ),
      exact,
      name,
    )
  }
  file.close()
})

test("half precision keeps zeros, subnormals, infinities and NaN", withFixtures, () => {
  const file = readSafetensors(join(fixtures, "valid/half-corners.safetensors"))
  let pairs = 0
  for (const tensor of file.tensors.values()) {
    const reference = [...file.tensors.values()].find(
      (other) => other.type === "F32" && other.name.startsWith(tensor.name) && other !== tensor,
    )
    if (tensor.type === "F32" || reference === undefined) continue
    assert.deepEqual(tensor.values(), reference.values(), tensor.name)
    pairs++
  }
  assert.equal(pairs, 2, [...file.tensors.keys()].join())
  file.close()
})

test(
  "files without tensors, with padding, scalars, empty tensors or another order are read",
  withFixtures,
  () => {
    const open = (name: string) => readSafetensors(join(fixtures, "valid", `${name}.safetensors`))
    assert.equal(open("no-tensors").tensors.size, 0)
    assert.ok(open("metadata-only").metadata.size > 0)
    const special = open("empty-and-scalar")
    assert.deepEqual([...special.tensors.get("scalar")!.values()], [1])
    assert.deepEqual(special.tensors.get("scalar")!.shape, [])
    assert.deepEqual([...special.tensors.get("empty")!.values()], [])
    for (const name of ["padded-header", "order-reversed"])
      for (const tensor of open(name).tensors.values())
        assert.deepEqual([...tensor.values()], [0, 1, 2, 3, 4, 5, 6, 7])
  },
)

test("every malformed file is refused with its own code", withFixtures, () => {
  const expected = JSON.parse(readFileSync(join(fixtures, "malformed/expected.json"), "utf8")) as {
    file: string
    code: string
  }[]
  assert.ok(expected.length >= 36)
  for (const { file, code } of expected) {
    const error = failureOf(join(fixtures, "malformed", file))
    assert.equal(error.code, `weights.${code}`, `${file}: ${error.describe()}`)
    assert.ok(error.path?.endsWith(file))
    assert.ok(error.advice)
  }
})

test("a file cut at any byte is refused", withFixtures, () =>
  inFolder((folder) => {
    const whole = readFileSync(join(fixtures, "valid/dtypes.safetensors"))
    const path = join(folder, "cut.safetensors")
    writeFileSync(path, whole)
    for (let size = whole.length - 1; size >= 0; size--) {
      truncateSync(path, size)
      assert.match(failureOf(path).code, /^weights\.(truncated|header-beyond-file|data-beyond-file)$/)
    }
  }),
)

test("a file with damaged bytes is read or refused, never anything else", withFixtures, () =>
  inFolder((folder) => {
    const whole = readFileSync(join(fixtures, "valid/dtypes.safetensors"))
    const path = join(folder, "damaged.safetensors")
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(1023), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const bytes = Uint8Array.from(whole)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          writeFileSync(path, bytes)
          try {
            const file = readSafetensors(path)
            for (const tensor of file.tensors.values()) tensor.values()
            file.close()
          } catch (error) {
            assert.ok(isParadeError(error), String(error))
          }
        },
      ),
      { numRuns: 300 },
    )
  }),
)

test("a sharded checkpoint has the tensors of the whole one", needs("fixtures/tiny-hf"), () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const whole = yield* openSafetensors(join(shared, "fixtures/tiny-hf/llama/model.safetensors"))
        const shards = yield* openSharded(
          join(shared, "fixtures/tiny-hf/llama-sharded/model.safetensors.index.json"),
        )
        assert.deepEqual([...shards.tensors.keys()].sort(), [...whole.tensors.keys()].sort())
        for (const [name, tensor] of whole.tensors)
          assert.deepEqual(shards.tensors.get(name)!.bytes(), tensor.bytes())
      }),
    ),
  ),
)

test("an index cannot reach outside its folder", () =>
  inFolder(async (folder) => {
    const path = join(folder, "model.safetensors.index.json")
    for (const shard of ["../a.safetensors", "/etc/passwd", "..", ""]) {
      writeFileSync(path, JSON.stringify({ weight_map: { a: shard } }))
      const error = await Effect.runPromise(Effect.flip(Effect.scoped(openSharded(path))))
      assert.equal(error.code, "weights.bad-index")
    }
    writeFileSync(path, JSON.stringify({ weight_map: { a: "absent.safetensors" } }))
    const error = await Effect.runPromise(Effect.flip(Effect.scoped(openSharded(path))))
    assert.equal(error.code, "weights.file-missing")
  }))

test("weights are not read after the scope has ended", withFixtures, async () => {
  const tensor = await Effect.runPromise(
    Effect.scoped(
      Effect.map(openSafetensors(join(fixtures, "valid/dtypes.safetensors")), (file) =>
        file.tensors.get("f32")!,
      ),
    ),
  )
  assert.throws(() => tensor.values(), { code: "weights.closed" })
})

test("what is written is read back", () =>
  inFolder(async (folder) => {
    const path = join(folder, "out.safetensors")
    const bytes = Uint8Array.from({ length: 24 }, (_, i) => i)
    await Effect.runPromise(
      writeSafetensors(
        path,
        [
          { name: "odd", type: "U8", shape: [3], bytes: () => bytes.subarray(0, 3) },
          { name: "é", type: "F32", shape: [2, 3], bytes: () => bytes },
          { name: "none", type: "I64", shape: [0, 4], bytes: () => new Uint8Array() },
        ],
        { step: "7" },
      ),
    )
    const file = readSafetensors(path)
    assert.equal(file.metadata.get("step"), "7")
    assert.deepEqual([...file.tensors.get("odd")!.bytes()], [0, 1, 2])
    assert.deepEqual([...file.tensors.get("é")!.bytes()], [...bytes])
    assert.equal(file.tensors.get("none")!.byteLength, 0)
    file.close()
  }))

test("a failed write leaves the old file and nothing else", () =>
  inFolder(async (folder) => {
    const path = join(folder, "out.safetensors")
    const tensor = { name: "a", type: "U8", shape: [1], bytes: () => Uint8Array.of(7) }
    await Effect.runPromise(writeSafetensors(path, [tensor]))
    const before = readFileSync(path)
    const late = () => {
      throw new Error("gone")
    }
    for (const [second, code] of [
      [{ ...tensor, name: "b", bytes: late }, "weights.write-failed"],
      [{ ...tensor, name: "b", shape: [2] }, "weights.cannot-write"],
      [{ ...tensor }, "weights.cannot-write"],
    ] as const) {
      const error = await Effect.runPromise(Effect.flip(writeSafetensors(path, [tensor, second])))
      assert.equal(error.code, code)
      // What nobody but the code's author can mend has no advice.
      assert.equal(error.advice !== undefined, error.fault !== "bug", code)
    }
    assert.deepEqual(readFileSync(path), before)
    assert.deepEqual(readdirSync(folder), ["out.safetensors"])
  }))
