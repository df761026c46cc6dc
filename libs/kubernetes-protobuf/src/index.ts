export { decodeProtobuf } from './decode-protobuf.js';
export { ProtobufFault } from './protobuf-fault.js';
export type { ProtobufObject, ProtobufValue } from './protobuf-value.js';
