const words = (text: string): readonly string[] => text.trim().replaceAll(/\s+/g, " ").split(", ")

/** What can be explained. */
export const phenomena: readonly string[] = words(
  `photosynthesis, gravity, inflation, rainbows, earthquakes, tides, evolution, electricity, magnetism, volcanoes, glaciers,
  lightning, friction, democracy, vaccines, batteries, sleep, memory, digestion, fermentation, recycling, compound interest,
  black holes, seasons, clouds, sound waves, antibiotics, the water cycle, supply and demand, the greenhouse effect, the solar
  system, the internet, machine learning, climate change, the immune system, the printing press, plate tectonics, solar panels,
  encryption, databases, allergies, deserts, eclipses, hibernation, erosion, probability, fractions, algebra, nutrition, taxes`,
)

/** Who something is explained to. */
export const listeners: readonly string[] = words(
  `a child, a beginner, a student, a farmer, my grandmother, a class of ten-year-olds, a new colleague, a tourist`,
)

/** What people do, and want advice on. */
export const undertakings: readonly string[] = words(
  `learning to swim, running a marathon, buying a used car, moving to another city, starting a small business, planting a
  vegetable garden, learning a new language, saving money, preparing for an exam, writing a novel, adopting a cat, painting a
  room, baking bread, planning a wedding, hiking in the mountains, learning the guitar, giving a speech, cooking for a large
  family, travelling with children, sleeping better, repairing a bicycle, keeping bees, taking photographs, choosing a
  computer, making new friends, changing careers, growing tomatoes, building a bookshelf, organising a kitchen, riding a horse`,
)

/** Who stories are about. */
export const characters: readonly string[] = words(
  `a baker, a young sailor, an old clockmaker, a shy robot, a lost dog, a brave mouse, two sisters, a village doctor, a
  retired teacher, a night watchman, a curious fox, a dragon, a painter, a king, a train driver, a gardener, a detective, a
  violinist, a beekeeper, a carpenter, a little girl, a fisherman, a librarian, an astronaut`,
)

/** What happens to them. */
export const events: readonly string[] = words(
  `finds a hidden door, receives a strange letter, loses a golden ring, meets an old friend, gets lost in the forest, learns
  to trust a stranger, wins an unexpected prize, must cross a river at night, discovers a map, saves a small town, hears music
  from an empty house, plants a magic seed, breaks a promise, is caught in a storm, finds a key in the snow`,
)

/** What can be listed. */
export const collections: readonly string[] = words(
  `healthy breakfasts, ways to save water, indoor games, famous inventions, rules for a library, reasons to read books, things
  to pack for a beach holiday, uses for old newspapers, easy dinners, ideas for a birthday party, habits of good students,
  animals that live in the sea, ways to relax, questions for a job interview, tools every home needs, plants that need little
  light, small gifts for a neighbour, benefits of walking, board games for four players, ways to learn new words, sports that
  need no equipment, warm drinks, spices, musical instruments, ways to reduce waste`,
)

/** Pairs of what can be compared. */
export const rivals: readonly (readonly [string, string])[] = [
  ["cats", "dogs"],
  ["trains", "planes"],
  ["coffee", "tea"],
  ["summer", "winter"],
  ["novels", "films"],
  ["cities", "villages"],
  ["rivers", "lakes"],
  ["bicycles", "cars"],
  ["email", "letters"],
  ["piano", "violin"],
  ["football", "tennis"],
  ["bread", "rice"],
  ["moons", "planets"],
  ["butter", "olive oil"],
  ["renting", "buying"],
  ["frogs", "toads"],
  ["wool", "cotton"],
  ["laptops", "tablets"],
  ["painting", "photography"],
  ["loans", "savings"],
  ["alligators", "crocodiles"],
  ["weather", "climate"],
  ["viruses", "bacteria"],
  ["butterflies", "moths"],
]

/** What can be described. */
export const places: readonly string[] = words(
  `a busy market, a quiet library, an old castle, a mountain lake, a crowded train, a snowy village, a small kitchen, a desert
  at night, a harbour at dawn, a school playground, a forest in autumn, a workshop, a concert hall, a lighthouse, a farm, a
  hospital corridor, an airport, a bakery, a rainy street, a rooftop garden`,
)

/** Whom letters go to. */
export const recipients: readonly string[] = words(
  `my landlord, a customer, my teacher, the school board, a hotel, my manager, an old friend, the city council, a neighbour, my
  team, a bookshop, the bank`,
)

/** What letters say. */
export const concerns: readonly string[] = words(
  `to say thank you, to ask for a repair, to move a meeting, to complain about noise, to ask for a refund, to announce a party,
  to apologise for a delay, to ask for advice, to cancel a booking, to recommend a colleague, to ask for a day off, to report a
  broken lamp`,
)

/** Plain statements that can be written again. */
export const statements: readonly string[] = [
  "The shop opens at nine and closes at six, but on Sundays it stays closed all day.",
  "We were late because the bus did not come and nobody had told us about the strike.",
  "My brother works in a hospital and often has to stay there during the night.",
  "The old bridge is narrow, so only one car can cross it at a time.",
  "She bought three books, read two of them and gave the last one to her aunt.",
  "The museum has a large collection of maps, which visitors can see on request.",
  "It rained for a week, the fields were flooded and the harvest was lost.",
  "Our team finished the project early and the customer was very pleased.",
  "The cat sleeps on the chair near the window because it is warm there.",
  "He forgot his umbrella, ran home through the rain and caught a cold.",
  "The new law makes it easier for small farms to sell their products in town.",
  "Every morning the children walk to school along the river and feed the ducks.",
  "The recipe needs two eggs, a cup of flour, some milk and a pinch of salt.",
  "The lecture was long, but the last part about whales was very interesting.",
  "They painted the fence green, repaired the gate and planted roses beside it.",
  "The train from the north arrives at noon, and the boat leaves an hour later.",
]

/** How they can be written again. */
export const styles: readonly string[] = words(
  `more politely, in simpler words, as a question, in the past tense, in one short sentence, as a newspaper headline, more
  formally, as a poem of four lines`,
)
