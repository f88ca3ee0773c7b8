import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { count, countOr, flag, Mistake, parseOptions, text, textOr, texts } from "./options.ts"
import { root } from "./_packages.ts"

const script = {
  call: "npm run it --",
  about: "Does it.",
  options: {
    model: text("FOLDER", "what is measured", "the embedded one"),
    out: textOr("results", "FOLDER", "where it goes"),
    only: texts("NAME", "these alone", "all"),
    rounds: countOr(3, "turns"),
    window: count("tokens", "all", 2),
    check: flag("only look"),
  },
  rest: { placeholder: "[SECTION …]", about: "all where none is named", names: { speed: "how fast" } },
}

const told = (...args: readonly string[]) => {
  const all = parseOptions(script, args)
  assert.ok(!("help" in all), "help was not asked for")
  return all
}

test("What nobody says holds by default, and what is said holds instead.", () => {
  assert.deepEqual(told(), {
    values: { model: undefined, out: "results", only: undefined, rounds: 3, window: undefined, check: false },
    rest: [],
  })
  const { values, rest } = told("--only", "a", "speed", "--only=-b", "--rounds", "2", "--rounds=5", "--check")
  assert.deepEqual([values.only, values.rounds, values.check, rest], [["a", "-b"], 5, true, ["speed"]])
})

test("A mistake is one line that says what to change.", () => {
  for (const [args, said] of [
    [["--round", "2"], "There is no option --round; did you mean --rounds? npm run it -- --help lists them."],
    [["--zzz"], "There is no option --zzz. npm run it -- --help lists them."],
    [["-x"], "There is no option -x. npm run it -- --help lists them."],
    [["--constructor"], "There is no option --constructor. npm run it -- --help lists them."],
    [["--rounds"], "--rounds needs a value: --rounds N."],
    [["--model", "--check"], "--model needs a value: --model FOLDER."],
    [["--check=yes"], "--check takes no value."],
    [["--rounds", "0"], '--rounds is an integer of at least 1, not "0".'],
    [["--rounds", "many"], '--rounds is an integer of at least 1, not "many".'],
    [["--window", "1"], '--window is an integer of at least 2, not "1".'],
    [["sped"], "There is no sped; there are speed."],
  ] as const)
    assert.throws(
      () => parseOptions(script, args),
      (error) => error instanceof Mistake && error.message === said,
      args.join(" "),
    )
  const none = { call: "npm run it --", about: "Does it.", options: {} }
  assert.throws(() => parseOptions(none, ["x"]), /^Error: "x" is one word too many/)
})

test("Help names every option with what holds without it.", () => {
  const asked = parseOptions(script, ["--nothing", "--help"])
  assert.ok("help" in asked, "help was asked for")
  for (const line of [
    "npm run it -- [options] [SECTION …]",
    "--model FOLDER  what is measured (the embedded one)",
    "--rounds N      turns (3)",
    "--check         only look",
    "speed  how fast",
  ])
    assert.ok(asked.help.includes(line), `${line} in\n${asked.help}`)
})

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>
}

for (const [name, command] of Object.entries(scripts)) {
  const [node, flagged, loader, ...rest] = command.split(" ")
  if (node !== "node" || flagged !== "--import") continue
  test(`npm run ${name} says how it is called, and refuses an option that it has not in one line.`, () => {
    const call = (argument: string) =>
      spawnSync(process.execPath, [flagged, loader!, ...rest, argument], {
        cwd: root,
        encoding: "utf8",
        timeout: 60_000,
      })
    const [help, unknown] = [call("--help"), call("--unheard-of")]
    assert.deepEqual([help.status, help.stderr], [0, ""])
    assert.match(help.stdout, /\[options\][^]*--help/)
    assert.deepEqual([unknown.status, unknown.stdout], [2, ""])
    assert.match(unknown.stderr, /^There is no option --unheard-of\..*\n$/)
  })
}
