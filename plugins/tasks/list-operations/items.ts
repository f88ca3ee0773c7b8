import type { Draws } from "@parade/tasks"

/** What a list is of: people (“Ada Berg”), one-word things, or single capital letters. */
export type ItemKind = "names" | "words" | "letters"

const firstNames =
  "Ada Alma Anton Aron Bela Bruno Carl Clara Dora Edith Elsa Emil Enzo Ernst Fanny Felix Frida Greta Gustav Hanna Hugo Ida Igor Iris Jakob Jonas Juno Karin Klara Lars Lea Leo Lina Louis Luca Maja Malin Marta Milo Mina Moritz Nils Nora Olga Oskar Otto Paula Pia Rosa Ruben Selma Simon Sofia Sven Thea Tilda Ursula Vera Viktor Wanda Yara Yusuf Zoe Zora".split(
    " ",
  )

const lastNames =
  "Abel Bauer Beck Berg Blom Boman Brandt Costa Dahl Diaz Falk Farkas Fischer Forsman Frank Garcia Graf Haas Hagen Hansen Holm Horvat Hult Jansen Kaiser Keller Klein Koch Kovac Krause Lang Larsen Lind Lorenz Maier Marino Meyer Moser Nagy Nilsen Novak Ortega Palm Petrov Pohl Ricci Roth Rossi Sand Santos Schmid Seidel Silva Sommer Stark Strand Toth Vargas Vogel Wagner Weber Wolf Zeman Ziegler".split(
    " ",
  )

const words =
  "acorn anchor apple arrow axe ball banner barrel basket bell belt bench boat book boot bottle bowl box brick bridge broom brush bucket button cable cake candle card carpet castle chain chair chalk cheese clock cloud coat coin comb compass cork cup curtain desk diamond door dress drum egg engine fan feather fence flag flute fork fountain garden gate glass glove hammer hat helmet honey hook horn house ink iron jar jewel kettle key kite knife ladder lamp leaf lemon letter lock map mask mill mirror moon mug nail needle nest net oar onion oven paint paper pearl pen pepper piano pillow pipe plate plum pocket pot purse quilt rope ring river rocket roof sail salt saw scarf scissors shell ship shoe".split(
    " ",
  )

const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(65 + i))

const oneOf = (values: readonly string[]) => (draws: Draws, count: number) =>
  draws.distinct(count, values.length).map((at) => values[at]!)

const names = (draws: Draws, count: number): string[] =>
  draws
    .distinct(count, firstNames.length * lastNames.length)
    .map((at) => `${firstNames[at % firstNames.length]!} ${lastNames[Math.floor(at / firstNames.length)]!}`)

/** Draws this many different items. */
export const drawItems: Readonly<Record<ItemKind, (draws: Draws, count: number) => string[]>> = {
  names,
  words: oneOf(words),
  letters: oneOf(letters),
}
