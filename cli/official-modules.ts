// Written by scripts/generate.ts from the packages of the workspace.

/** How to load each official package. */
export const officialModules: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>> = {
  "@parade/arithmetic": () => import("@parade/arithmetic"),
  "@parade/autoregressive": () => import("@parade/autoregressive"),
  "@parade/brackets": () => import("@parade/brackets"),
  "@parade/contiguous": () => import("@parade/contiguous"),
  "@parade/corpora": () => import("@parade/corpora"),
  "@parade/draft-model": () => import("@parade/draft-model"),
  "@parade/exact-match": () => import("@parade/exact-match"),
  "@parade/grouped-query": () => import("@parade/grouped-query"),
  "@parade/list-operations": () => import("@parade/list-operations"),
  "@parade/prompt-lookup": () => import("@parade/prompt-lookup"),
  "@parade/sliding-window": () => import("@parade/sliding-window"),
  "@parade/speculative": () => import("@parade/speculative"),
  "@parade/speculative-sampling": () => import("@parade/speculative-sampling"),
  "@parade/squares": () => import("@parade/squares"),
  "@parade/standard-sampler": () => import("@parade/standard-sampler"),
  "@parade/templated-sentences": () => import("@parade/templated-sentences"),
  "@parade/transformer": () => import("@parade/transformer"),
}
