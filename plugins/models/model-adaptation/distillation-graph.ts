import {
  copyGraph,
  crossEntropyRows,
  type Device,
  distillationRows,
  type Feeds,
  type Graph,
  GraphBuilder,
  isLowRank,
  type LowRank,
  lowRankRule,
  ops,
  stopGradient,
  tensor,
  type Tensor,
  type Value,
  integers,
} from "@parade/graph"
import {
  type Tensors,
  trainingFeeds,
  trainingGraph,
  type TrainingRequest,
  type TrainingSequence,
} from "@parade/transformer"
import { impossible } from "./loss-graph.ts"

/** A sequence as a student sees it, and as its teacher does; every array has the length of the student's. */
export interface DistilledSequence {
  readonly student: TrainingSequence
  readonly teacher: TrainingSequence
  /** Where each place of the student's stands in the teacher's. */
  readonly places: Int32Array
  readonly targets: Int32Array
  /** What a place counts: in the cross-entropy with its target, in the divergence from the teacher, in one only watched. */
  readonly weights: {
    readonly hard: Float32Array
    readonly soft: Float32Array
    readonly watched: Float32Array
  }
}

const terms = ["hard", "soft", "watched"] as const

/** What a teacher's weights bear before their names, so that they are not the student's. */
const teachers = "teacher/"

const frozen = (tensors: Tensors): Tensors => ({
  ...tensors,
  matrix: (name, lookedUp) => ({ ...tensors.matrix(name, lookedUp), identity: `${teachers}${name}` }),
  vector: (name) => ({ ...tensors.vector(name), identity: `${teachers}${name}` }),
})

/** What is trained of a distillation: the student's weights, or, where those are frozen too, its corrections of low rank. */
export const isStudent =
  (lowRank: boolean): ((name: string) => boolean) =>
  (name) =>
    lowRank ? isLowRank(name) : !name.includes(teachers)

/**
 * A student beside its frozen teacher, both starting as the request says:
 * `loss = shares[0] · ce + shares[1] · kl`, with `ce = Σ hard · −log p(target)`, `kl = τ² Σ soft · KL(teacher ‖ student)`, both
 * softened by τ, and the `watched` divergence, from which nothing is learnt. The mask has no share of any softmax.
 * Teachers' sequences have the length of the student's. With corrections of low rank the student is its teacher with them
 * beside its weights, which both share.
 */
export const distillationGraph = (
  request: TrainingRequest,
  mask: number,
  device: Device,
  lowRank?: LowRank,
): Graph => {
  const lowering = { kind: device.lowering, without: device.without }
  const students = lowRank === undefined ? lowering : { ...lowering, linear: lowRankRule(lowRank) }
  const g = new GraphBuilder("distillation", lowering)
  const { count, length } = request.sequences as { readonly count: number; readonly length: number }
  const rows = count * length
  const { vocabulary } = request.architecture
  const noMask = g.constant(
    "float32",
    [vocabulary],
    Array.from({ length: vocabulary }, (_, id) => (id === mask ? impossible : 0)),
  )
  const student = ops.add(
    g,
    copyGraph(g, trainingGraph({ ...request, lowering: students })).get("logits")!,
    noMask,
  )
  const tensors = lowRank === undefined ? frozen(request.tensors) : request.tensors
  const teacherGraph = trainingGraph({ ...request, tensors, lowering })
  const own = new Map(
    teacherGraph.inputs.map(({ name, type, shape }) => [name, g.input(`teacher.${name}`, type, shape)]),
  )
  const theirs = copyGraph(g, teacherGraph, { values: own }).get("logits")!
  const teacher = stopGradient(
    g,
    ops.add(g, ops.gather(g, theirs, g.input("places", "int64", [rows])), noMask),
  )
  const temperature = g.input("temperature", "float32", [])
  const weighted = (values: Value, term: (typeof terms)[number]): Value =>
    ops.reshape(
      g,
      ops.reduceSum(
        g,
        ops.mul(g, values, ops.reshape(g, g.input(`weights.${term}`, "float32", [rows]), [rows, 1])),
        [0, 1],
      ),
      [],
    )
  const divergence = distillationRows(g, teacher, student, temperature)
  const ce = weighted(crossEntropyRows(g, student, g.input("targets", "int64", [rows])), "hard")
  const kl = weighted(divergence, "soft")
  g.output(
    "loss",
    ops.add(
      g,
      ops.mul(g, g.input("share.hard", "float32", []), ce),
      ops.mul(g, g.input("share.soft", "float32", []), kl),
    ),
  )
  g.output("ce", ce)
  g.output("kl", kl)
  g.output("watched", weighted(stopGradient(g, divergence), "watched"))
  return g.build()
}

const number = (value: number): Tensor => tensor("float32", [], Float32Array.of(value))

/**
 * What {@link distillationGraph} is fed for a batch. The weights of a term are normalised over the batch, to a sum of 1 where
 * there are any. Where masked rows predict the next position, what is said of a place is said of the row before it.
 */
export const distillationFeeds = (
  { architecture, attention }: TrainingRequest,
  sequences: readonly DistilledSequence[],
  { hard, soft, temperature }: { readonly hard: number; readonly soft: number; readonly temperature: number },
): Feeds => {
  const shift = architecture.maskedRowPredicts === "next" ? 1 : 0
  const length = sequences[0]!.student.tokens.length
  const rows = sequences.length * length
  const places = new Int32Array(rows)
  const targets = new Int32Array(rows)
  const weights = {
    hard: new Float32Array(rows),
    soft: new Float32Array(rows),
    watched: new Float32Array(rows),
  }
  sequences.forEach((sequence, i) => {
    // What nothing precedes is no part of an answer.
    for (let place = shift; place < length; place++) {
      const row = i * length + place - shift
      places[row] = i * length + Math.max(0, sequence.places[place]! - shift)
      targets[row] = sequence.targets[place]!
      for (const term of terms) weights[term][row] = sequence.weights[term][place]!
    }
  })
  for (const term of terms) {
    const total = weights[term].reduce((sum, weight) => sum + weight, 0)
    if (total > 0) weights[term].forEach((weight, row) => (weights[term][row] = weight / total))
  }
  const teacher = trainingFeeds(
    architecture,
    attention,
    sequences.map((sequence) => sequence.teacher),
  )
  return {
    ...trainingFeeds(
      architecture,
      attention,
      sequences.map((sequence) => sequence.student),
    ),
    ...Object.fromEntries(Object.entries(teacher).map(([name, feed]) => [`teacher.${name}`, feed])),
    places: integers(places),
    targets: integers(targets),
    ...Object.fromEntries(terms.map((term) => [`weights.${term}`, tensor("float32", [rows], weights[term])])),
    "share.hard": number(hard),
    "share.soft": number(soft),
    temperature: number(temperature),
  }
}
