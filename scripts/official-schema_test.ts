import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import { configKeys, DecoderKind, type Plugin, registryOf, validate } from "@parade/core"
import { pipelineSchema } from "@parade/core/pipeline-schema"
import { Ajv } from "ajv"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import fc from "fast-check"
import { indexWorkspace } from "../cli/index-workspace.ts"
import { mutated, pipelines } from "../core/_pipelines.ts"
import { root } from "./_packages.ts"

const plugins: readonly Plugin[] = (await Effect.runPromise(indexWorkspace(root))).map(({ plugin }) => plugin)
const registry = registryOf(plugins)
const shipped = JSON.parse(
  readFileSync(join(root, "core", "schema", "pipeline.v1.schema.json"), "utf8"),
) as Record<string, unknown>
const ajv = new Ajv({ allErrors: true })
const acceptsStrictly = ajv.compile(pipelineSchema({ plugins, root: DecoderKind, thirdParty: false }))
const acceptsShipped = ajv.compile(shipped)

/** What the loader alone can know, beside checks that a config makes in code. */
const beyondSchema =
  /pipeline\.(unknown-ref|duplicate-id|ref-cycle|ref-of-wrong-kind|need-not-granted|need-unplaced|too-deep)/

const agree = (pipeline: unknown): void => {
  const checked = Effect.runSync(Effect.result(validate(DecoderKind, pipeline, registry)))
  const accepted =
    Result.isSuccess(checked) || checked.failure.issues.every((issue) => beyondSchema.test(issue.code))
  const told = Result.isSuccess(checked) ? "" : checked.failure.describe()
  const errors = JSON.stringify(acceptsStrictly.errors?.slice(0, 3))
  assert.equal(acceptsStrictly(pipeline), accepted, `${JSON.stringify(pipeline)}\n${told}\n${errors}`)
  if (accepted)
    assert.ok(acceptsShipped(pipeline), JSON.stringify([pipeline, acceptsShipped.errors?.slice(0, 3)]))
}

test("Over valid pipelines of the official plugins, schema and loader agree.", () => {
  fc.assert(fc.property(pipelines(plugins, DecoderKind), agree), { numRuns: 40 })
})

test("Over mutated pipelines of the official plugins, schema and loader agree.", () => {
  fc.assert(fc.property(mutated(pipelines(plugins, DecoderKind)), agree), { numRuns: 150 })
})

test("Editors have a text for every plugin, slot and setting.", () => {
  const definitions = shipped["definitions"] as Record<string, { properties?: Record<string, unknown> }>
  for (const plugin of plugins) {
    const definition = definitions[`${plugin.kind.name}.${plugin.name}`]
    assert.ok(definition?.properties !== undefined, plugin.name)
    const settings = (
      definition.properties["with"] as { properties?: Record<string, { description?: string }> }
    ).properties
    for (const key of configKeys(plugin) ?? [])
      assert.ok((settings?.[key]?.description ?? "") !== "", `${plugin.name} says nothing of ${key}.`)
    for (const [name, slot] of Object.entries(plugin.slots)) assert.notEqual(slot.description, "", name)
    assert.notEqual(plugin.summary, "", plugin.name)
  }
})
