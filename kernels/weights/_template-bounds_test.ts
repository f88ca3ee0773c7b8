import assert from "node:assert/strict"
import { describe, it } from "node:test"
import * as Effect from "effect/Effect"
import { chatRenderer } from "./_chat-template.ts"

const render = (template: string, messages = [{ role: "user", content: "Hi" }]) =>
  Effect.runPromise(Effect.result(chatRenderer(template, { bos_token: "<s>" })(messages)))

const refusal = async (template: string): Promise<string> => {
  const result = await render(template)
  return result._tag === "Failure" ? `${result.failure.code}: ${result.failure.message}` : "rendered"
}

const runaway: Readonly<Record<string, string>> = {
  "loops over more numbers than there is memory for": "{% for i in range(10 ** 9) %}{% endfor %}",
  "loops within loops":
    "{% for i in range(9999) %}{% for j in range(9999) %}{% for k in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
  "doubles a text again and again":
    "{% set n = namespace(s='ab') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
  "doubles a list again and again":
    "{% set n = namespace(a=[1]) %}{% for i in range(60) %}{% set n.a = n.a + n.a %}{% endfor %}",
  "writes a list that holds another twice, which holds another twice, and so on":
    "{% set n = namespace(a=[1]) %}{% for i in range(60) %}{% set n.a = [n.a, n.a] %}{% endfor %}{{ n.a | tojson }}",
  "fills namespaces that others hold already":
    "{% set n = namespace(at=namespace()) %}{% set top = [n.at, n.at] %}{% for i in range(60) %}{% set next = namespace() %}{% set at = n.at %}{% set at.a = [next, next] %}{% set n.at = next %}{% endfor %}{{ top | tojson }}",
  "replaces every letter of a long text by a long text":
    "{% set n = namespace(s='aaaa') %}{% for i in range(16) %}{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s | replace('a', n.s) }}",
  "calls itself": "{% macro f(g) %}{{ g(g) }}{% endmacro %}{{ f(f) }}",
}

describe("A chat template that runs away", () => {
  for (const [what, template] of Object.entries(runaway))
    it(`is refused where it ${what}`, async () => {
      assert.match(
        await refusal(template),
        /^request\.endless-chat-template: The model's chat template (takes|writes|does not end)/,
      )
    })

  it("is refused in an exception it raises, too", async () => {
    assert.match(
      await refusal(
        "{% set n = namespace(a=[1]) %}{% for i in range(12) %}{% set n.a = [n.a, n.a] %}{% endfor %}{{ raise_exception(n.a) }}",
      ),
      /^request\.chat-template-failed: .*an exception is raised/,
    )
  })
})

describe("A chat template within its bounds", () => {
  it("has the globals of other engines", async () => {
    const result = await render(
      "{{ range(3) }}{{ range(1, 7, 2) }}{{ range(5, 1, -2) }}{{ range(0) }}{{ true and True and not false and not False }}{{ none }}{{ None }}{{ bos_token }}{{ strftime_now('%%') }}",
    )
    assert.equal(result._tag === "Success" && result.success, "[0, 1, 2][1, 3, 5][5, 3][]true<s>%")
  })

  it("may look back through a thousand messages at each of them", async () => {
    const messages = Array.from({ length: 1000 }, (_, index) => ({
      role: index % 2 === 0 ? "user" : "assistant",
      content: `${index} ${"word ".repeat(400)}`,
    }))
    const result = await render(
      [
        "{% set n = namespace(last=-1) %}",
        "{% for message in messages[::-1] %}{% if n.last < 0 and message.role == 'user' %}{% set n.last = messages|length - loop.index %}{% endif %}{% endfor %}",
        "{% for message in messages %}{% set content = message.content | trim %}",
        "{% if '</think>' in content and messages[loop.index0 - 1].role == 'user' and loop.index0 > n.last %}{% set content = content.split('</think>')[-1].lstrip('\\n') %}{% endif %}",
        "{{ '<|im_start|>' ~ message['role'] ~ '\\n' ~ content ~ '<|im_end|>' }}{% endfor %}",
      ].join(""),
      messages,
    )
    assert.equal(result._tag, "Success")
  })

  it("may write one long message as JSON", async () => {
    const result = await render("{{ messages | tojson }}", [{ role: "user", content: "\n".repeat(3e6) }])
    assert.equal(result._tag === "Success" && result.success.length > 6e6, true)
  })
})
