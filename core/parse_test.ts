import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { parsePipeline } from "./parse.ts"

const issues = (text: string): readonly string[] =>
  Effect.runSync(Effect.flip(parsePipeline(text))).issues.map(
    ({ path, code, message }) => `${path} ${code}: ${message}`,
  )

test("A key that stands twice in an object is refused with its place and lines.", () => {
  const text = `{
    "use": "a",
    "with": { "x": 1, "y": [{ "z": "}\\"," }, { "z": 1,
      "z": 2 }], "x": 2 },
    "\\u0075se": "b"
  }`
  assert.deepEqual(issues(text), [
    '$.with.y[1].z pipeline.duplicate-key: "z" is said twice, in lines 3 and 4.',
    '$.with.x pipeline.duplicate-key: "x" is said twice, in lines 3 and 4.',
    '$.use pipeline.duplicate-key: "use" is said twice, in lines 2 and 5.',
  ])
  assert.deepEqual(issues('{"a b":1,"a b":2}'), [
    '$["a b"] pipeline.duplicate-key: "a b" is said twice, in line 1.',
  ])
})

test("Any JSON without such a key is read as JSON.parse reads it, however it is spaced.", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(undefined, 1, "\t"), (value, space) => {
      const text = JSON.stringify(value, undefined, space)
      assert.deepEqual(Effect.runSync(parsePipeline(text)), JSON.parse(text))
    }),
  )
})

test("A key said again at any place of any JSON is found there.", () => {
  const key = fc.string()
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), key, fc.jsonValue({ maxDepth: 3 }), (before, name, value) => {
      const members = [JSON.stringify(name), JSON.stringify(`${name}x`), JSON.stringify(name)]
      const object = `{${members.map((member) => `${member}: ${JSON.stringify(value)}`).join(",")}}`
      const [found, ...more] = issues(`[${JSON.stringify(before)}, ${object}]`)
      assert.ok(found!.startsWith("$[1]") && found!.includes("pipeline.duplicate-key"), found)
      assert.deepEqual(more, [])
    }),
  )
})
