import { GraphError } from "@parade/core"
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire"
import { polynomial } from "./dimension.ts"
import type { Attribute, Branch, Graph, Initializer, Node, Value } from "./graph.ts"
import type { ElementType } from "./tensor.ts"

/** `TensorProto.DataType` of each element type. */
const dataTypes: Readonly<Record<ElementType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
}

const IR_VERSION = 10
const OPSET = 21
/** Of graphs with `Attention`; not of all, because devices may know fewer operators of so late a version. */
const ATTENTION_OPSET = 23
const CONTRIBUTED_OPSET = 1

/** Constants at least this long are worth a place of their own in the weights file. */
const INLINE_BYTES = 1024

/** A constant kept beside the model file. */
export interface PlacedInitializer {
  readonly initializer: Initializer
  readonly offset: number
}

/** A graph as an ONNX file, and the constants that belong into the file beside it. */
export interface OnnxFile {
  readonly model: Uint8Array
  readonly placed: readonly PlacedInitializer[]
  /** Bytes of the file beside it. */
  readonly weightsLength: number
}

type Write = (writer: BinaryWriter) => void

const message = (writer: BinaryWriter, field: number, write: Write): void => {
  writer.tag(field, WireType.LengthDelimited).fork()
  write(writer)
  writer.join()
}

const text = (writer: BinaryWriter, field: number, value: string): void => {
  writer.tag(field, WireType.LengthDelimited).string(value)
}

const integer = (writer: BinaryWriter, field: number, value: number): void => {
  writer.tag(field, WireType.Varint).int64(value)
}

/** The `AttributeProto.AttributeType`, and the field it fills. */
const attributeKinds = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const

const writeAttribute = (writer: BinaryWriter, name: string, attribute: Attribute): void => {
  text(writer, 1, name)
  const kind = (type: number): void => integer(writer, 20, type)
  if (typeof attribute === "number") {
    integer(writer, 3, attribute)
    kind(attributeKinds.int)
  } else if (typeof attribute === "string") {
    text(writer, 4, attribute)
    kind(attributeKinds.string)
  } else if ("float" in attribute) {
    if (typeof attribute.float === "number") writer.tag(2, WireType.Bit32).float(attribute.float)
    else for (const value of attribute.float) writer.tag(7, WireType.Bit32).float(value)
    kind(typeof attribute.float === "number" ? attributeKinds.float : attributeKinds.floats)
  } else {
    for (const value of attribute)
      if (typeof value === "number") integer(writer, 8, value)
      else text(writer, 9, value)
    kind(typeof attribute[0] === "string" ? attributeKinds.strings : attributeKinds.ints)
  }
}

type Values = Graph["values"]

/** `AttributeProto.AttributeType.GRAPH`. */
const GRAPH_KIND = 5

const writeBranch = (writer: BinaryWriter, name: string, branch: Branch, values: Values): void => {
  text(writer, 1, name)
  message(writer, 6, (inner) => {
    for (const node of branch.nodes) message(inner, 1, (one) => writeNode(one, node, values))
    text(inner, 2, name)
    for (const output of branch.outputs) message(inner, 12, (one) => writeValue(one, values.get(output)!))
    for (const value of innerValues(branch.nodes, branch.outputs, values))
      message(inner, 13, (one) => writeValue(one, value))
  })
  integer(writer, 20, GRAPH_KIND)
}

const writeNode = (writer: BinaryWriter, node: Node, values: Values): void => {
  for (const input of node.inputs) text(writer, 1, input)
  for (const output of node.outputs) text(writer, 2, output)
  text(writer, 3, node.outputs.find((output) => output !== "") ?? node.op)
  text(writer, 4, node.op)
  for (const [name, attribute] of Object.entries(node.attributes))
    message(writer, 5, (inner) => writeAttribute(inner, name, attribute))
  if (node.branches !== undefined) {
    const { met, otherwise } = node.branches
    message(writer, 5, (inner) => writeBranch(inner, "then_branch", met, values))
    message(writer, 5, (inner) => writeBranch(inner, "else_branch", otherwise, values))
  }
  if (node.domain !== "") text(writer, 7, node.domain)
}

const writeValue = (writer: BinaryWriter, value: Value): void => {
  text(writer, 1, value.name)
  message(writer, 2, (type) =>
    message(type, 1, (tensor) => {
      integer(tensor, 1, dataTypes[value.type])
      message(tensor, 2, (shape) => {
        for (const size of value.shape)
          message(shape, 1, (dimension) => {
            if (typeof size === "number") integer(dimension, 1, size)
            else text(dimension, 2, size)
          })
      })
    }),
  )
}

const writeInitializer = (
  writer: BinaryWriter,
  initializer: Initializer,
  place: { readonly file: string; readonly offset: number } | undefined,
): void => {
  for (const size of initializer.shape) integer(writer, 1, size)
  integer(writer, 2, dataTypes[initializer.type])
  text(writer, 8, initializer.name)
  if (place === undefined) {
    writer.tag(9, WireType.LengthDelimited).bytes(initializerBytes(initializer))
    return
  }
  const entries = { location: place.file, offset: place.offset, length: initializer.byteLength }
  for (const [key, value] of Object.entries(entries))
    message(writer, 13, (entry) => {
      text(entry, 1, key)
      text(entry, 2, String(value))
    })
  integer(writer, 14, 1)
}

/** The bytes of a constant, of the length it promised. */
export const initializerBytes = (initializer: Initializer): Uint8Array => {
  const bytes = initializer.bytes()
  if (bytes.length !== initializer.byteLength)
    throw new GraphError({
      code: "graph.bad-constant",
      message: `Constant "${initializer.name}" has ${bytes.length} bytes where its shape needs ${initializer.byteLength}.`,
      fault: "bug",
    })
  return bytes
}

const hasAttention = ({ op, branches }: Node): boolean =>
  op === "Attention" ||
  (branches !== undefined && [branches.met, branches.otherwise].some(({ nodes }) => nodes.some(hasAttention)))

/** Large constants start on a page, so that a mapped file need not be copied; small ones on a cache line. */
const align = (offset: number, length: number): number => {
  const unit = length >= 65_536 ? 4096 : 64
  return Math.ceil(offset / unit) * unit
}

interface Placement {
  readonly offsets: ReadonlyMap<Initializer, number>
  readonly placed: readonly PlacedInitializer[]
  readonly weightsLength: number
}

/** A place for each larger constant; those of one identity share it, whatever their shapes. */
const place = (graph: Graph): Placement => {
  const offsets = new Map<Initializer, number>()
  const shared = new Map<string, number>()
  const placed: PlacedInitializer[] = []
  let end = 0
  for (const initializer of graph.initializers) {
    const { byteLength, identity } = initializer
    if (byteLength < INLINE_BYTES) continue
    const key = identity === undefined ? undefined : `${byteLength} ${identity}`
    const known = key === undefined ? undefined : shared.get(key)
    const offset = known ?? align(end, byteLength)
    offsets.set(initializer, offset)
    if (known !== undefined) continue
    if (key !== undefined) shared.set(key, offset)
    placed.push({ initializer, offset })
    end = offset + byteLength
  }
  return { offsets, placed, weightsLength: end }
}

/**
 * What nodes make beside the outputs. Their shapes are told because onnxruntime infers no names for some (what follows a
 * `Split`, say), gives each a buffer of its own, and looks through all of them for each node: decision 020.
 */
const innerValues = (
  nodes: readonly Node[],
  outputs: readonly string[],
  values: Values,
): readonly Value[] => {
  const outer = new Set(outputs)
  return nodes.flatMap((node) =>
    node.outputs.flatMap((name) => {
      const value = outer.has(name) ? undefined : values.get(name)
      return value === undefined ? [] : [value]
    }),
  )
}

/**
 * The graph as an ONNX model (protobuf; field numbers of onnx.proto3). With `weightsFile`, constants of 1 kB and more
 * are left to that file beside the model, and their bytes are not made here.
 *
 * @throws GraphError where a constant does not have the bytes it promised, or the model would pass protobuf's 2 GiB.
 */
export const toOnnx = (graph: Graph, options: { readonly weightsFile?: string } = {}): OnnxFile => {
  const file = options.weightsFile
  const nothing = { offsets: new Map<Initializer, number>(), placed: [], weightsLength: 0 }
  const { offsets, placed, weightsLength } = file === undefined ? nothing : place(graph)
  let inline = 0
  for (const initializer of graph.initializers)
    if (!offsets.has(initializer)) inline += initializer.byteLength
  if (inline > 2 ** 31 - 2 ** 24)
    throw new GraphError({
      code: "graph.too-large",
      message: `${inline} bytes of constants do not fit in one ONNX file.`,
      advice: "Keep them in a weights file beside it.",
      fault: "bug",
    })
  for (const value of [...graph.inputs, ...graph.outputs]) value.shape.forEach(polynomial)
  const writer = new BinaryWriter()
  integer(writer, 1, IR_VERSION)
  text(writer, 2, "parade")
  message(writer, 7, (inner) => {
    for (const node of graph.nodes) message(inner, 1, (one) => writeNode(one, node, graph.values))
    text(inner, 2, graph.name)
    for (const initializer of graph.initializers) {
      const offset = offsets.get(initializer)
      const at = offset === undefined || file === undefined ? undefined : { file, offset }
      message(inner, 5, (one) => writeInitializer(one, initializer, at))
    }
    for (const value of graph.inputs) message(inner, 11, (one) => writeValue(one, value))
    for (const value of graph.outputs) message(inner, 12, (one) => writeValue(one, value))
    for (const value of innerValues(
      graph.nodes,
      graph.outputs.map(({ name }) => name),
      graph.values,
    ))
      message(inner, 13, (one) => writeValue(one, value))
  })
  const isLate = graph.nodes.some(hasAttention)
  for (const [domain, version] of [
    ["", isLate ? ATTENTION_OPSET : OPSET],
    ["com.microsoft", CONTRIBUTED_OPSET],
  ] as const)
    message(writer, 8, (opset) => {
      text(opset, 1, domain)
      integer(opset, 2, version)
    })
  return { model: writer.finish(), placed, weightsLength }
}
