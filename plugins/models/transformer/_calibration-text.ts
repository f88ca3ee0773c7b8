import type { ChatMessage } from "@parade/core"

/** A turn as people ask it, for models with a chat template. */
export const calibrationChat: readonly ChatMessage[] = [
  { role: "user", content: "What should I think about before I adopt a dog? Give me three points." },
  {
    role: "assistant",
    content:
      "1. Time: a dog wants two walks a day, in rain as well.\n2. Money: food, insurance and the vet add up.\n3. Space: is there a quiet corner, and does your landlord agree?",
  },
  { role: "user", content: "Thanks! And how old should it be?" },
]

/** Short samples of what models read: a report, a story, talk, a letter, code, data, sums, other languages, questions. */
export const calibrationTexts: readonly string[] = [
  `The harbour office opens at seven. Every boat that enters must report its name, its length, its cargo and the number of people on board. Between May and September the fee is collected in the evening; in winter it is paid by the month. Boats longer than twelve metres lie at the outer pier, because the water by the old warehouse is less than two metres deep at low tide. Last year 4,310 boats called here, a tenth more than the year before.`,
  `"You are late," said the old woman without turning round. "The bread is cold." Tom put the lantern on the table and shook the snow from his coat. He had walked since noon, past the mill and the frozen lake, and nobody had answered when he knocked. "There was a light in the tower," he said at last. She laughed, but her hands stopped moving. "Then someone has come home," she whispered, "and we had better bar the door."`,
  `function average(values) {
  if (values.length === 0) return 0
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

def read_lines(path, limit=100):
    """Yield the first lines of a file."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file):
            if number >= limit:
                break
            yield line.rstrip("\\n")`,
  `{"order": 1842, "customer": {"name": "Ada Lindqvist", "city": "Uppsala"}, "items": [{"sku": "SH-03", "title": "Oak shelf", "count": 3, "price": 49.5}], "paid": true, "note": null}
| month | rain (mm) | sun (h) |
|-------|-----------|---------|
| April | 38        | 171     |
| May   | 42        | 240     |
12 + 35 = 47, and 47 * 2 = 94. A train leaves at 9:40 and needs 2 h 35 min, so it arrives at 12:15.`,
  `Dear Ms Lindqvist, thank you for your order of 14 March. We have sent three oak shelves by rail; they should reach you on Thursday. If a part is missing, please write to us within ten days and name the number on the box. Why is the sky blue? Sunlight is scattered by the air, and blue light more than red. Who wrote the report? That is not known. Der Zug nach Köln fährt heute von Gleis sieben. La biblioteca cierra a las ocho. Il pleut depuis ce matin.`,
]
