/** A verb in the past tense, and its participle. */
export interface Verb {
  readonly past: string
  readonly participle: string
}

const list = (text: string): readonly string[] => text.split(" ")

/** Who acts. */
export const people: readonly string[] = list(
  "actor artist baker barber captain carpenter clerk cook dancer doctor driver farmer fisher gardener guard guide hunter judge king lawyer librarian mayor miller miner musician neighbour nurse painter pilot poet porter potter queen sailor scholar shepherd singer soldier student tailor teacher traveller vet waiter weaver witness",
)

/** What something is done to. */
export const things: readonly string[] = list(
  "anchor axe barrel basket bell bench blanket boat book bottle bowl box bucket candle carpet cart chair clock coat coin crown cup drum fence flag flute globe hammer harp hat jar kettle key kite ladder lamp lantern letter lock map mask mirror necklace needle painting piano pillow plate puppet purse ring rope saddle saw scarf shield shovel statue sword table tent trumpet vase violin wagon wheel whistle",
)

/** What people and things alike can be. */
export const adjectives: readonly string[] = list(
  "big bright calm clean cold dark dusty elegant famous fine funny gentle great grey heavy large little lonely lovely neat new noble odd old plain pretty proud quiet rare shy simple small splendid strange strong tall tiny ugly white wild young",
)

/** Where. */
export const places: readonly string[] = list(
  "airport bakery bridge camp castle church cottage forest garden gate harbour inn island library market meadow mill museum palace park quarry river school shop square stable station temple theatre tower tunnel valley village well",
)

const verb = (past: string, participle = past): Verb => ({ past, participle })

/** What is done. */
export const verbs: readonly Verb[] = [
  ...list(
    "admired borrowed carried cleaned copied delivered described dropped inspected lifted noticed ordered",
  ).map((past) => verb(past)),
  ...list(
    "painted polished praised received repaired rescued returned stored touched washed weighed wrapped",
  ).map((past) => verb(past)),
  ...list("bought brought caught found held kept left lost sent sold").map((past) => verb(past)),
  verb("broke", "broken"),
  verb("chose", "chosen"),
  verb("drew", "drawn"),
  verb("forgot", "forgotten"),
  verb("gave away", "given away"),
  verb("hid", "hidden"),
  verb("saw", "seen"),
  verb("stole", "stolen"),
  verb("threw away", "thrown away"),
  verb("took", "taken"),
]
