export type { AddressClass } from './address-class.js';
export { addressClass, mayDial, plainAddress } from './address-class.js';
export { ByteReader } from './byte-reader.js';
export { ByteWriter } from './byte-writer.js';
export { ConnectionLimit } from './connection-limit.js';
export { FlowGate } from './flow-gate.js';
export { FrameBuffer } from './frame-buffer.js';
export { corkForTurn, uncorkNow } from './turn-writes.js';
export { WireError } from './wire-error.js';
