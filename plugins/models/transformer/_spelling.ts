import type { Architecture } from "@parade/layers"

/** Where a checkpoint keeps a module: under another name, as rows `[from, from + …)` of `total`, or transposed. */
export interface Place {
  readonly name: string
  readonly from?: number
  readonly total?: number
  /** Stored `[in, out]`. */
  readonly transposed?: boolean
}

/** How a family of checkpoints names its tensors. Modules that are not listed bear Llama's names. */
export interface Spelling {
  /** Beginnings of names, the first that fits; some publishers leave out the outermost module. */
  readonly prefixes: readonly string[]
  readonly embedding: string
  readonly positions?: string
  /** The head's full name behind the prefix, where it is not `lm_head` by itself. */
  readonly head?: string
  readonly layers: string
  readonly places: (architecture: Architecture) => ReadonlyMap<string, Place>
  /** Names within a layer that are no weights. */
  readonly ignored: readonly string[]
}

const llama: Spelling = {
  prefixes: ["model."],
  embedding: "embed_tokens",
  layers: "layers.",
  places: () => new Map(),
  ignored: ["self_attn.rotary_emb.inv_freq"],
}

/** Rows of query, key and value in a matrix that holds all three. */
const packedHeads = (architecture: Architecture, name: string, transposed: boolean): [string, Place][] => {
  const { heads, keyValueHeads, headWidth } = architecture.attention
  const query = heads * headWidth
  const key = keyValueHeads * headWidth
  const total = query + 2 * key
  return [
    ["self_attn.q_proj", { name, from: 0, total, transposed }],
    ["self_attn.k_proj", { name, from: query, total, transposed }],
    ["self_attn.v_proj", { name, from: query + key, total, transposed }],
  ]
}

const phi3: Spelling = {
  ...llama,
  places: (architecture) => {
    const { width } = architecture.feedForward
    return new Map<string, Place>([
      ...packedHeads(architecture, "self_attn.qkv_proj", false),
      ["mlp.gate_proj", { name: "mlp.gate_up_proj", from: 0, total: 2 * width }],
      ["mlp.up_proj", { name: "mlp.gate_up_proj", from: width, total: 2 * width }],
    ])
  },
}

const gpt2: Spelling = {
  prefixes: ["transformer.", ""],
  embedding: "wte",
  positions: "wpe",
  layers: "h.",
  places: (architecture) =>
    new Map<string, Place>([
      ...packedHeads(architecture, "attn.c_attn", true),
      ["self_attn.o_proj", { name: "attn.c_proj", transposed: true }],
      ["mlp.up_proj", { name: "mlp.c_fc", transposed: true }],
      ["mlp.down_proj", { name: "mlp.c_proj", transposed: true }],
      ["input_layernorm", { name: "ln_1" }],
      ["post_attention_layernorm", { name: "ln_2" }],
      ["norm", { name: "ln_f" }],
    ]),
  ignored: ["attn.bias", "attn.masked_bias"],
}

const llada: Spelling = {
  prefixes: ["model.transformer."],
  embedding: "wte",
  head: "ff_out",
  layers: "blocks.",
  places: () =>
    new Map<string, Place>([
      ["self_attn.q_proj", { name: "q_proj" }],
      ["self_attn.k_proj", { name: "k_proj" }],
      ["self_attn.v_proj", { name: "v_proj" }],
      ["self_attn.o_proj", { name: "attn_out" }],
      ["mlp.gate_proj", { name: "ff_proj" }],
      ["mlp.up_proj", { name: "up_proj" }],
      ["mlp.down_proj", { name: "ff_out" }],
      ["input_layernorm", { name: "attn_norm" }],
      ["post_attention_layernorm", { name: "ff_norm" }],
      ["norm", { name: "ln_f" }],
    ]),
  ignored: [],
}

const spellings: ReadonlyMap<string, Spelling> = new Map([
  ["phi3", phi3],
  ["gpt2", gpt2],
  ["llada", llada],
])

/** The spelling of an architecture's checkpoints. */
export const spellingOf = (architecture: string): Spelling => spellings.get(architecture) ?? llama
