import { create, createFileRegistry } from "@bufbuild/protobuf"
import type { DescMessage } from "@bufbuild/protobuf"
import {
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
  FileDescriptorProtoSchema,
} from "@bufbuild/protobuf/wkt"

/** Message → field → number and type (`*` where repeated), from the public ONNX format. */
const messages: Record<string, Record<string, readonly [number, string]>> = {
  ModelProto: {
    ir_version: [1, "int64"],
    producer_name: [2, "string"],
    graph: [7, "GraphProto"],
    opset_import: [8, "OperatorSetIdProto*"],
  },
  OperatorSetIdProto: { domain: [1, "string"], version: [2, "int64"] },
  GraphProto: {
    node: [1, "NodeProto*"],
    name: [2, "string"],
    initializer: [5, "TensorProto*"],
    input: [11, "ValueInfoProto*"],
    output: [12, "ValueInfoProto*"],
    value_info: [13, "ValueInfoProto*"],
  },
  NodeProto: {
    input: [1, "string*"],
    output: [2, "string*"],
    name: [3, "string"],
    op_type: [4, "string"],
    attribute: [5, "AttributeProto*"],
    domain: [7, "string"],
  },
  AttributeProto: {
    name: [1, "string"],
    f: [2, "float"],
    i: [3, "int64"],
    s: [4, "bytes"],
    floats: [7, "float*"],
    ints: [8, "int64*"],
    strings: [9, "bytes*"],
    type: [20, "int32"],
  },
  TensorProto: {
    dims: [1, "int64*"],
    data_type: [2, "int32"],
    name: [8, "string"],
    raw_data: [9, "bytes"],
    external_data: [13, "StringStringEntryProto*"],
    data_location: [14, "int32"],
  },
  StringStringEntryProto: { key: [1, "string"], value: [2, "string"] },
  ValueInfoProto: { name: [1, "string"], type: [2, "TypeProto"] },
  TypeProto: { tensor_type: [1, "Tensor"] },
  Tensor: { elem_type: [1, "int32"], shape: [2, "TensorShapeProto"] },
  TensorShapeProto: { dim: [1, "Dimension*"] },
  Dimension: { dim_value: [1, "int64"], dim_param: [2, "string"] },
}

const scalars: Record<string, Type> = {
  string: Type.STRING,
  bytes: Type.BYTES,
  int64: Type.INT64,
  int32: Type.INT32,
  float: Type.FLOAT,
}

const fieldOf = (name: string, [number, type]: readonly [number, string]): object => {
  const repeated = type.endsWith("*")
  const base = repeated ? type.slice(0, -1) : type
  const scalar = scalars[base]
  return {
    name,
    number,
    label: repeated ? Label.REPEATED : Label.OPTIONAL,
    ...(scalar === undefined ? { type: Type.MESSAGE, typeName: `.onnx.${base}` } : { type: scalar }),
  }
}

/** The ONNX messages as protobuf descriptors: an independent reading of what the writer writes. For tests. */
export const modelSchema = (): DescMessage => {
  const file = create(FileDescriptorProtoSchema, {
    name: "onnx.proto",
    package: "onnx",
    syntax: "proto2",
    messageType: Object.entries(messages).map(([name, fields]) => ({
      name,
      field: Object.entries(fields).map(([field, definition]) => fieldOf(field, definition)),
    })),
  })
  return createFileRegistry(file, () => undefined).getMessage("onnx.ModelProto")!
}
