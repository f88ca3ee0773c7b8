import type { Matrix, Vector } from "@parade/graph"

/**
 * The weights of one part of a model, by the names Llama checkpoints use within it (`q_proj.weight` in an
 * attention), whatever the checkpoint itself calls or packs them. Shapes are checked against what is asked for.
 *
 * @throws ModelError `model.missing-weight` or `model.weight-shape`, naming tensor and file.
 */
export interface PartWeights {
  readonly has: (name: string) => boolean
  readonly matrix: (name: string, rows: number, columns: number) => Matrix
  readonly vector: (name: string, length: number) => Vector
}
