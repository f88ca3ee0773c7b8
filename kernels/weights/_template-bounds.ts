import type { ChatMessage } from "@parade/core"

// The engine's own declarations import each other in a way that Node's resolution does not follow.

interface Statement {
  readonly type: string
}

interface For extends Statement {
  readonly iterable: Statement & { readonly lhs?: Statement }
}

interface Value {
  readonly type: string
  readonly value: unknown
}

interface Environment {
  readonly set: (name: string, value: unknown) => unknown
}

/** A parsed template. */
export type Program = Statement

declare class Interpreter {
  constructor(globals: Environment)
  readonly global: Environment
  run(program: Program): Value
  evaluate(statement: Statement | undefined, scope: Environment): Value
}

/** What is used of `@huggingface/jinja`. */
export interface Jinja {
  readonly Environment: new () => Environment
  readonly Interpreter: typeof Interpreter
  readonly Template: new (template: string) => {
    readonly parsed: Program
    readonly render: (variables: Readonly<Record<string, unknown>>) => string
  }
}

/** A template that does more than a conversation needs. */
export class TemplateBeyondBounds extends Error {}

/**
 * What rendering a conversation may take. Templates of models evaluate some hundred nodes for each message, and write
 * each message once; these leave a hundred times as much, so that only a template meant to run away meets them.
 */
const boundsFor = (messages: readonly ChatMessage[]): { readonly steps: number; readonly length: number } => {
  const characters = messages.reduce((sum, message) => sum + message.content.length, 0)
  return {
    steps: 2 ** 20 + 2 ** 14 * messages.length + characters,
    length: 2 ** 20 + 8 * characters + 64 * messages.length,
  }
}

/** An entry of a loop takes two scopes and nine values, as much as this many nodes. */
const stepsOfEntry = 4

/** Characters copied or compared in the time of a node. */
const charactersOfStep = 256

/** Entries copied or compared in the time of a node. */
const entriesOfStep = 16

const entriesOf = (held: unknown): number => {
  if (Array.isArray(held)) return held.length
  return held instanceof Map ? held.size : 0
}

/** An interpreter for one rendering that counts nodes evaluated and measures every value. */
const boundedInterpreter = (
  { Environment, Interpreter, Template }: Jinja,
  messages: readonly ChatMessage[],
): Interpreter => {
  const bounds = boundsFor(messages)
  let left = bounds.steps

  const spend = (steps: number): void => {
    left -= steps
    if (!(left >= 0)) throw new TemplateBeyondBounds(`takes more than ${bounds.steps} steps`)
  }

  const checkLength = (length: number): void => {
    if (length > bounds.length) throw new TemplateBeyondBounds(`writes more than ${bounds.length} characters`)
  }

  const weights = new WeakMap<object, number>()
  let namespaces = 0

  /** The length of a value written out, about; one list may be held many times over by another. */
  const weigh = (value: Value | undefined): number => {
    const held: unknown = value?.value
    if (typeof held === "string") return held.length + 1
    if (!(Array.isArray(held) || held instanceof Map)) return 1
    const known = weights.get(held)
    if (known !== undefined) return known
    spend(1 / entriesOfStep)
    const before = namespaces
    if (value?.type === "NamespaceValue") namespaces++
    let weight = 1
    for (const entry of held.values() as Iterable<Value>) {
      weight += weigh(entry)
      checkLength(weight)
    }
    // Only namespaces change once they are made.
    if (namespaces === before) weights.set(held, weight)
    return weight
  }

  const globals = new Environment()
  const constants = { false: false, true: true, none: null, False: false, True: true, None: null }
  for (const [name, value] of Object.entries(constants)) globals.set(name, value)
  globals.set("raise_exception", (message: unknown) => {
    throw new Error(typeof message === "string" ? message : "an exception is raised")
  })
  globals.set("range", (...bounds: readonly unknown[]) => {
    const [first = 0, second, step = 1] = bounds as readonly (number | undefined)[]
    const [start, stop] = second === undefined ? [0, first] : [first, second]
    const count = Math.max(0, Math.ceil((stop - start) / step))
    if (step === 0 || Number.isNaN(count))
      throw new Error("range() takes numbers, and a step that is not zero")
    spend(count)
    return Array.from({ length: count }, (_, index) => start + index * step)
  })
  globals.set("strftime_now", (format: unknown) =>
    new Template("{{ strftime_now(format) }}").render({ format: String(format) }),
  )

  const loopedOver = new WeakSet<object>()

  return new (class extends Interpreter {
    override evaluate(statement: Statement | undefined, scope: Environment): Value {
      spend(1)
      if (statement?.type === "For") {
        const { iterable } = statement as For
        loopedOver.add((iterable.type === "SelectExpression" ? iterable.lhs : undefined) ?? iterable)
      }
      const value = super.evaluate(statement, scope)
      // A filter may give nothing at all: the first entry of an empty list.
      const held: unknown = (value as Value | undefined)?.value
      if (typeof held === "string") {
        checkLength(held.length)
        spend(held.length / charactersOfStep)
      } else {
        const entries = entriesOf(held)
        checkLength(entries)
        spend(
          statement !== undefined && loopedOver.has(statement)
            ? entries * stepsOfEntry
            : entries / entriesOfStep,
        )
        weigh(value)
      }
      return value
    }
  })(globals)
}

/**
 * Renders a template that comes with a model, so may be anything, within bounds that grow with the conversation.
 * Throws {@link TemplateBeyondBounds}, and what the template or the engine throws.
 */
export const renderWithinBounds = (
  jinja: Jinja,
  program: Program,
  messages: readonly ChatMessage[],
  variables: Readonly<Record<string, unknown>>,
): string => {
  const interpreter = boundedInterpreter(jinja, messages)
  for (const [name, value] of Object.entries(variables)) interpreter.global.set(name, value)
  try {
    return String(interpreter.run(program).value)
  } catch (cause) {
    // What the JavaScript engine says of its stack and of strings.
    if (cause instanceof RangeError)
      throw new TemplateBeyondBounds(`does not end: ${cause.message}`, { cause })
    throw cause
  }
}
