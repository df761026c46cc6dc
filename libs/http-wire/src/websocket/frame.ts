import { randomFillSync } from 'node:crypto';

/** RFC 6455 section 5.2: what a frame is. */
export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
export type Opcode = (typeof opcodes)[keyof typeof opcodes];

/** Largest payload of a control frame, bytes (RFC 6455 section 5.5). */
export const maxControlBytes = 125;

/** What is wrong with what a peer sent; `code` is the close code that tells it so (RFC 6455 section 7.4.1). */
export class WebSocketFault extends Error {
  override readonly name = 'WebSocketFault';
  constructor(
    readonly code: 1002 | 1003 | 1007 | 1008 | 1009 | 1011,
    message: string,
  ) {
    super(message);
  }
}

/** Applies a masking key in place; `offset` is how many bytes of the payload came before these. */
export function applyMask(bytes: Buffer, key: Uint8Array, offset = 0): void {
  for (let index = 0; index < bytes.length; index++) bytes[index]! ^= key[(index + offset) & 3]!;
}

const keys = Buffer.alloc(4096);
let keysUsed = keys.length;
function freshKey(): Buffer {
  if (keysUsed === keys.length) {
    randomFillSync(keys);
    keysUsed = 0;
  }
  keysUsed += 4;
  return keys.subarray(keysUsed - 4, keysUsed);
}

function lengthBytes(length: number): number {
  return length <= maxControlBytes ? 0 : length <= 0xffff ? 2 : 8;
}

function writeHead(into: Buffer, opcode: Opcode, length: number, masked: boolean): number {
  const flag = masked ? 0x80 : 0;
  into[0] = 0x80 | opcode;
  switch (lengthBytes(length)) {
    case 0:
      into[1] = flag | length;
      return 2;
    case 2:
      into[1] = flag | 126;
      return into.writeUInt16BE(length, 2);
    default:
      into[1] = flag | 127;
      return into.writeBigUInt64BE(BigInt(length), 2);
  }
}

/** A whole, unfragmented frame as a server sends it. `parts` make up the payload. */
export function plainFrame(opcode: Opcode, parts: readonly Buffer[]): Buffer {
  return assemble(opcode, parts, undefined);
}

/** A whole, unfragmented frame as a client sends it: under a key nobody can foresee (RFC 6455 section 10.3). */
export function maskedFrame(opcode: Opcode, parts: readonly Buffer[]): Buffer {
  return assemble(opcode, parts, freshKey());
}

function assemble(opcode: Opcode, parts: readonly Buffer[], key: Buffer | undefined): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const frame = Buffer.allocUnsafe(2 + lengthBytes(length) + (key ? 4 : 0) + length);
  let at = writeHead(frame, opcode, length, key !== undefined);
  if (key) at += key.copy(frame, at);
  const start = at;
  for (const part of parts) at += part.copy(frame, at);
  if (key) applyMask(frame.subarray(start), key);
  return frame;
}

/** Codes that may stand in a close frame (RFC 6455 section 7.4 and the registry it opened). */
export function isCloseCode(code: number): boolean {
  return (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code));
}
