/**
 * Finds tensors whose weights lie outside the graph's own bytes.
 *
 * ONNX lets a tensor name another file (`TensorProto.data_location = EXTERNAL`, onnx.proto field
 * 14). No hash of the graph covers that file, and the runtime would open whatever is there, so such
 * a graph is refused before any runtime sees it. This walks the protobuf wire format (varint, 64-bit,
 * length-delimited, 32-bit; https://protobuf.dev/programming-guides/encoding/) along the fields that
 * can hold tensors, and nothing else of it.
 */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

const TENSOR_NAME = 8;
const TENSOR_DATA_LOCATION = 14;
/** The runtime reads tags as 32 bits: a longer one could be two different fields to two readers. */
const TAG_LIMIT = 2 ** 32;
/** Graphs nest in attributes of If, Loop and Scan; the runtime itself does not go much deeper. */
const DEPTH_MAX = 64;

/** Per message: the fields to follow, and the message each holds. Numbers are those of onnx.proto. */
const FOLLOWED = {
  model: { 7: "graph", 20: "training", 25: "function" },
  training: { 1: "graph", 2: "graph" },
  graph: { 1: "node", 5: "tensor", 15: "sparse" },
  function: { 7: "node", 11: "attribute" },
  node: { 5: "attribute" },
  attribute: { 5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse" },
  sparse: { 1: "tensor", 2: "tensor" },
  tensor: {},
} as const satisfies Record<string, Readonly<Record<number, string>>>;
type Message = keyof typeof FOLLOWED;

/**
 * Names of the tensors with external data; undefined when the bytes are not a protobuf message, or
 * one nested too deeply to be told.
 */
export function externalTensors(graph: Uint8Array): readonly string[] | undefined {
  const found: string[] = [];
  try {
    walk({ bytes: graph, message: "model", depth: 0 }, found);
  } catch (trouble) {
    if (trouble instanceof RangeError) return undefined;
    throw trouble;
  }
  return found;
}

interface Place {
  readonly bytes: Uint8Array;
  readonly message: Message;
  readonly depth: number;
}

function walk({ bytes, message, depth }: Place, found: string[]): void {
  if (depth > DEPTH_MAX) throw new RangeError("nested too deeply");
  const followed: Readonly<Record<number, Message>> = FOLLOWED[message];
  let name = "";
  let isExternal = false;
  for (const { field, number, content } of fieldsOf(bytes)) {
    if (message === "tensor") {
      // Only 0 is inside the graph, whatever an over-long number is cut down to elsewhere.
      if (field === TENSOR_DATA_LOCATION) isExternal = number !== 0;
      if (field === TENSOR_NAME) name = new TextDecoder().decode(content);
      continue;
    }
    const inner = followed[field];
    if (inner !== undefined) walk({ bytes: content, message: inner, depth: depth + 1 }, found);
  }
  if (isExternal) found.push(name);
}

interface Field {
  readonly field: number;
  readonly number: number;
  readonly content: Uint8Array;
}

const NOTHING = new Uint8Array(0);

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError("a varint ends too late");
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    if (tag >= TAG_LIMIT) throw new RangeError("a tag is too long");
    const field = Math.floor(tag / 8);
    let number = 0;
    let content: Uint8Array = NOTHING;
    switch (tag % 8) {
      case VARINT:
        number = varint();
        break;
      case FIXED64:
        at += 8;
        break;
      case LENGTH_DELIMITED: {
        const length = varint();
        content = bytes.subarray(at, at + length);
        at += length;
        break;
      }
      case FIXED32:
        at += 4;
        break;
      default:
        throw new RangeError("not a wire type");
    }
    if (at > bytes.length) throw new RangeError("a field ends past the message");
    yield { field, number, content };
  }
}
