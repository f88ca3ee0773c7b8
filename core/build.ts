import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { isParadeError, type ParadeError } from "./error.ts"
import { mistakesPlaced, PipelineError } from "./pipeline-error.ts"
import type { Plan, PlanNode } from "./plan.ts"
import type { MakeContext } from "./plugin.ts"

/** Values made once per key in a pipeline, and kept until its scope closes. */
const makeShared = (scope: Scope.Scope): MakeContext["shared"] => {
  const values = new Map<string, Deferred.Deferred<unknown, unknown>>()
  return <A, E>(key: string, acquire: Effect.Effect<A, E, Scope.Scope>): Effect.Effect<A, E> =>
    Effect.suspend(() => {
      const known = values.get(key)
      if (known !== undefined) return Deferred.await(known) as Effect.Effect<A, E>
      const made = Deferred.makeUnsafe<unknown, unknown>()
      values.set(key, made)
      return Scope.provide(acquire, scope).pipe(
        Effect.onExit((exit) => {
          if (Exit.isFailure(exit)) values.delete(key)
          return Deferred.done(made, exit)
        }),
      )
    })
}

/** A plugin's own failure, told with the node's place and the failure's own. */
const failedMake = (node: PlanNode, error: ParadeError): PipelineError => {
  if (error instanceof PipelineError) return error
  const { code, message, path = node.path } = error
  // A path inside the node says more than the node's own; any other, such as a file, goes beside it.
  const issue = path.startsWith(node.path)
    ? { path, code, message }
    : { path: node.path, code, message: `${path}: ${message}` }
  return new PipelineError([issue], {
    advice: error.advice,
    fault: error.fault,
    cause: error,
  })
}

/** The failure of a plugin that failed as it should, or with anything else. */
const failureOf = (node: PlanNode, cause: unknown): PipelineError => {
  if (isParadeError(cause)) return failedMake(node, cause)
  const said = cause instanceof Error ? cause.message : String(cause)
  const issue = {
    path: node.path,
    code: "pipeline.plugin-crashed",
    message: `The plugin ${JSON.stringify(node.use)} crashed: ${said}`,
  }
  return new PipelineError([issue], { fault: "bug", cause })
}

/** What a plugin makes; in JavaScript nobody has checked that it makes something, by an Effect. */
const makeOf = (
  node: PlanNode,
  slots: Readonly<Record<string, unknown>>,
  context: MakeContext,
): Effect.Effect<unknown, unknown, Scope.Scope> =>
  Effect.suspend(() => {
    const made: unknown = node.plugin.make(node.config, slots, context)
    if (!Effect.isEffect(made)) return Effect.die(new TypeError("its make gives no Effect"))
    return Effect.filterOrElse(
      made as Effect.Effect<unknown, unknown, Scope.Scope>,
      (value) => value !== undefined && value !== null,
      () => Effect.die(new TypeError("its make gives nothing")),
    )
  })

/** The nodes of a plan, each once. */
const nodesOf = ({ root }: Plan): ReadonlySet<PlanNode> => {
  const nodes = new Set<PlanNode>()
  const visit = (node: PlanNode): void => {
    if (nodes.has(node)) return
    nodes.add(node)
    for (const filling of Object.values(node.slots)) filling.nodes.forEach(visit)
  }
  visit(root)
  return nodes
}

/** A plan among several that are made as one. */
export interface BuildPart {
  readonly plan: Plan
  /** The folder that relative paths in its configs start from; the current one when empty. */
  readonly base: string
  /** How the places of its mistakes are told; as in its own JSON when left out. */
  readonly place?: (path: string) => string
}

const buildAll = (
  parts: readonly BuildPart[],
  scope: Scope.Scope,
): Effect.Effect<readonly unknown[], PipelineError> => {
  const shared = makeShared(scope)
  const made = new Map<PlanNode, unknown>()
  const kinds = parts.flatMap(({ plan }) => Array.from(nodesOf(plan), ({ plugin }) => plugin.kind.name))
  const build: (node: PlanNode, base: string) => Effect.Effect<unknown, PipelineError> = Effect.fnUntraced(
    function* (node, base) {
      if (made.has(node)) return made.get(node)
      const slots: Record<string, unknown> = {}
      for (const [name, filling] of Object.entries(node.slots)) {
        const values: unknown[] = []
        for (const child of filling.nodes) values.push(yield* build(child, base))
        slots[name] = filling.list ? values : values[0]
      }
      const peers = kinds.filter((kind) => kind === node.plugin.kind.name).length - 1
      const context: MakeContext = { path: node.path, base, needs: node.needs, peers, shared }
      const value = yield* makeOf(node, slots, context).pipe(
        Effect.mapError((error) => failureOf(node, error)),
        Effect.catchDefect((defect) => Effect.fail(failureOf(node, defect))),
        Scope.provide(scope),
      )
      made.set(node, value)
      return value
    },
  )
  return Effect.forEach(parts, ({ plan, base, place }) =>
    Effect.mapError(build(plan.root, base), (error) =>
      place === undefined ? error : mistakesPlaced(error, place),
    ),
  )
}

/**
 * Makes several plans as if they were one, in order: what their plugins share, such as weights, is there once, and each
 * knows of the others' models. Resources as of {@link build}.
 */
export const buildTogether = (
  parts: readonly BuildPart[],
): Effect.Effect<readonly unknown[], PipelineError, Scope.Scope> =>
  Effect.flatMap(Effect.scope, (outer) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Scope.fork(outer), (scope) =>
        restore(buildAll(parts, scope)).pipe(
          Effect.onExit((exit) => (Exit.isSuccess(exit) ? Effect.void : Scope.close(scope, exit))),
        ),
      ),
    ),
  )

/**
 * Makes every plugin of a plan, children before parents, each node once. All resources belong to the scope it is run
 * in; where it fails or is interrupted half-way, what was acquired is released at once, in reverse order.
 */
export const build = (plan: Plan, base: string): Effect.Effect<unknown, PipelineError, Scope.Scope> =>
  Effect.map(buildTogether([{ plan, base }]), ([made]) => made)
