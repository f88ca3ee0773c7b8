/** What is reported of a drafter, over plain decoding. */
export interface Published {
  /** As it is printed: a number, or the range of several models. */
  readonly speedup: string
  readonly where: string
}

/** What papers report, by the names of their drafters. */
export const published: ReadonlyMap<string, Published> = new Map([
  ["@parade/aded", { speedup: "1.91", where: "Vicuna-7B, MT-Bench (its repository, arXiv 2407.12021)" }],
  ["@parade/chimera", { speedup: "2.7", where: "mean of Vicuna and LLaMA-2, 7B and 13B (arXiv 2402.15758)" }],
  [
    "@parade/speculative-jacobi",
    { speedup: "2.05", where: "images of Lumina-mGPT 7B, 768² (arXiv 2410.01699, by a secondary table)" },
  ],
  ["@parade/medusa", { speedup: "2.18", where: "Vicuna-7B, MT-Bench, A100, Medusa-1 (arXiv 2401.10774)" }],
  ["@parade/ppd", { speedup: "2.24", where: "Vicuna-7B, MT-Bench, A100 (arXiv 2405.18628)" }],
  [
    "@parade/hidden-transfer",
    { speedup: "1.9–3", where: "its successor FIRP, several models (arXiv 2410.20488)" },
  ],
  [
    "@parade/prompt-lookup",
    { speedup: "1.48", where: "Vicuna-7B, MT-Bench, A100 (beside PPD, arXiv 2405.18628)" },
  ],
])
