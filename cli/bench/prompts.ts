import type { ChatMessage } from "@parade/core"

/** A prompt of a bench: one user turn. */
export interface BenchPrompt {
  readonly id: string
  /** What kind of work it is; the report has a line per category. */
  readonly category: string
  readonly messages: readonly ChatMessage[]
  /** Whether a text answers it, where that can be told. */
  readonly isRight?: (text: string) => boolean
}

const harbour = `The harbour office opens at seven. Every boat that enters must report its name, its length, its cargo and the \
number of people on board. Boats longer than twelve metres wait at the outer buoy until the pilot arrives. Fishing boats \
unload at the north quay, where the ice house and the auction hall are. Visitors moor at the south quay and pay at the \
yellow machine. The fee is four crowns a metre for each night, and water and power are included.`

const recipe = `Weigh 500 grams of flour, 350 grams of water, 10 grams of salt and 100 grams of ripe starter. Mix the flour and \
the water and let the dough rest for one hour. Add the starter and the salt and knead the dough for ten minutes. Fold the \
dough every thirty minutes for three hours. Shape a round loaf, put it into a basket and leave it in the cold for one night. \
Heat the oven to 240 degrees, bake the loaf for twenty minutes with steam and for twenty-five minutes without.`

const code = `function average(values) {
  let sum = 0
  for (const value of values) {
    sum += value
  }
  return sum / values.length
}

function largest(values) {
  let best = values[0]
  for (const value of values) {
    if (value > best) best = value
  }
  return best
}`

const letter = `Dear Ms Lindqvist, thank you for your order of 14 March. We have sent three oak shelves and one pine table to \
your address in Lund. The shelves will arrive on Tuesday and the table on Thursday. If the table does not fit through \
the door, the driver will take it back free of charge. The invoice is due on 30 April. Kind regards, Northwood Furniture.`

const account = `class Account:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self.balance = balance

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self.balance += amount
        return self.balance

    def withdraw(self, amount):
        if amount > self.balance:
            raise ValueError("not enough money")
        self.balance -= amount
        return self.balance`

const news = `The council met on Monday to discuss the new bridge over the river Aire. Mayor Ellen Brook said the bridge will \
cost 4 million pounds and be finished in 2027. Residents of the east bank asked for a lane for bicycles. The council \
agreed and will publish the plans in May.`

const mail = `Hi Tom, the meeting is moved from Tuesday to Friday at ten. Please bring the budget for the spring fair and the \
list of volunteers. Anna will print the posters, and Bill will order the tents. If you cannot come, call me before \
Thursday. Best, Susan`

const user = (id: string, category: string, content: string): BenchPrompt => ({
  id,
  category,
  messages: [{ role: "user", content }],
})

const copy = (id: string, text: string): BenchPrompt =>
  user(id, "copy", `Repeat the following text exactly, word for word, and write nothing else:\n\n${text}`)

/** The prompts of `parade bench` where none are given: work with much, some and nothing to copy. */
export const standardPrompts: readonly BenchPrompt[] = [
  copy("copy-harbour", harbour),
  copy("copy-recipe", recipe),
  copy("copy-code", code),
  user("edit-code", "edit", `Rewrite this code with the name "values" changed to "numbers":\n\n${code}`),
  user("edit-letter", "edit", `Copy this letter, but change the city from Lund to Malmö:\n\n${letter}`),
  user("edit-recipe", "edit", `Copy this recipe, but with 600 grams of flour instead of 500:\n\n${recipe}`),
  user("edit-account", "edit", `Rename "amount" to "value" in this code:\n\n${account}`),
  user(
    "edit-class",
    "edit",
    `Rewrite this code with the class name "Wallet" instead of "Account":\n\n${account}`,
  ),
  user("edit-news", "edit", `Copy this text, but replace "bridge" by "tunnel":\n\n${news}`),
  user(
    "edit-typos",
    "edit",
    `Correct this text and write it again: ${news.replace("agreed", "agred").replace("plans", "palns")}`,
  ),
  user("edit-mail", "edit", `Copy this message, but change Friday to Sunday and Tom to Peter:\n\n${mail}`),
  user("edit-names", "edit", `Copy this message with all names left out:\n\n${mail}`),
  user(
    "write-story",
    "write",
    "Write a short story about a lighthouse keeper who finds a letter in a bottle.",
  ),
  user("write-advice", "write", "What should I think about before I adopt a dog?"),
  user("write-explain", "write", "Explain to a child why the sky is blue and sunsets are red."),
  user("answer-harbour", "answer", `${harbour}\n\nWhere do visitors moor, and what do they pay?`),
  user("answer-letter", "answer", `${letter}\n\nSummarise the letter in two sentences.`),
]
