import type { Device } from "@parade/graph"
import { adapterFiles, modelFiles } from "@parade/model-recipes"
import type { TrainingRequest } from "@parade/transformer"
import { distillationGraph, isStudent } from "./distillation-graph.ts"
import { layerCorrections } from "./layer-corrections.ts"
import type { TuningPlan } from "./tune.ts"

/**
 * What of a plan says that a student is distilled from its checkpoint: corrections of `rank` beside its weights, or at 0
 * those themselves.
 */
export const distillation = (
  request: TrainingRequest,
  mask: number,
  device: Device,
  { rank, alpha, seed }: { readonly rank: number; readonly alpha: number; readonly seed: number },
): Pick<TuningPlan, "graph" | "trainable" | "lowRank"> => {
  if (rank === 0) return { graph: distillationGraph(request, mask, device), trainable: isStudent(false) }
  const corrections = layerCorrections({ rank, alpha }, seed)
  return {
    graph: distillationGraph(request, mask, device, corrections),
    trainable: isStudent(true),
    lowRank: { rank, alpha },
  }
}

/** What such a distillation writes. */
export const distilledFiles = (rank: number): readonly string[] => (rank === 0 ? modelFiles : adapterFiles)
