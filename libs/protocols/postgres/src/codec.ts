import type { Buffer } from 'node:buffer';
import { isUtf8 } from 'node:buffer';
import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { backend, type DiagnosticFields, type FormatCode, type RowField } from './messages.js';

/** Type byte and length. */
export const headerBytes = 5;

/** Text that is not the encoding everybody agreed on: understood differently by whoever reads it, so by nobody here. */
export class EncodingError extends Error {
  override readonly name = 'EncodingError';
  constructor(
    message: string,
    /** What the client is told. */
    readonly sqlState = '22021',
  ) {
    super(message);
  }
}

/** Longer texts are left to the runtime: its two calls cost less than this loop. Bytes. */
const loopBelow = 256;

/** Throws EncodingError. */
export function utf8(bytes: Buffer): string {
  const { length } = bytes;
  if (length === 0) return '';
  if (length <= loopBelow && asciiEnd(bytes, 0, length) === length) return ascii(bytes);
  if (!isUtf8(bytes)) throw new EncodingError('invalid byte sequence for encoding "UTF8"');
  return bytes.toString('utf8');
}

/** Values of parameters are mostly this short. Bytes; no longer than what the runtime joins without a rope. */
const shortBelow = 12;

/** Four characters at a time cost a quarter of the runtime's call. @param bytes plain ASCII */
function ascii(bytes: Buffer): string {
  const { length } = bytes;
  if (length > shortBelow) return bytes.toString('latin1');
  let text = '';
  let at = 0;
  for (; at + 4 <= length; at += 4) {
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
  }
  for (; at < length; at += 1) text += String.fromCharCode(bytes[at]!);
  return text;
}

/** Where plain ASCII without a NUL ends, at the latest at `end`. */
function asciiEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at += 1) {
    const byte = bytes[at]!;
    if (byte === 0 || byte > 0x7f) break;
  }
  return at;
}

/** NAMEDATALEN - 1: where the server cuts names. Bytes, in its own encoding. */
const maxNameBytes = 63;

/**
 * Name of a statement or portal. The server cuts long ones without a word, so two that differ here could be one there: they
 * are refused. In another encoding than this one a character may take twice the bytes.
 */
function readName(body: ByteReader): string {
  if (body.emptyString()) return '';
  const { bytes, position } = body;
  const slot = hashOfName(bytes, position);
  const known = knownNames[slot];
  if (known !== undefined && body.string(known)) return known;
  const read = body.terminated();
  const name = utf8(read);
  const isAscii = name.length === read.length;
  if (read.length * (isAscii ? 1 : 2) > maxNameBytes) {
    throw new EncodingError(`a name of more than ${maxNameBytes} bytes`, '42622');
  }
  if (isAscii) knownNames[slot] = name;
  return name;
}

/** The names that clients use come again and again. By hash; ASCII, and none longer than the server takes. */
const knownNames: (string | undefined)[] = new Array<string | undefined>(256).fill(undefined);

function hashOfName(bytes: Buffer, start: number): number {
  const end = Math.min(bytes.length, start + maxNameBytes);
  let hash = 0;
  for (let at = start; at < end && bytes[at] !== 0; at += 1) hash = (hash * 31 + bytes[at]!) & 0xffff;
  return (hash ^ (hash >>> 8)) & 0xff;
}

/** Clients without prepared statements parse the same texts again and again. ASCII, and none longer than `loopBelow`. */
const knownTexts: (string | undefined)[] = new Array<string | undefined>(64).fill(undefined);

/** Throws EncodingError. */
function readText(body: ByteReader): string {
  const { bytes, position, remaining } = body;
  const slot = (remaining * 31 + bytes[position + (remaining >> 1)]! * 7 + bytes[position + (remaining >> 2)]!) & 63;
  const known = knownTexts[slot];
  if (known !== undefined && body.string(known)) return known;
  const read = body.terminated();
  const text = utf8(read);
  if (text.length === read.length && text.length <= loopBelow) knownTexts[slot] = text;
  return text;
}

/** One message with a type byte; the length is filled in. */
export function message(type: number, write?: (body: ByteWriter) => void): Buffer {
  const writer = new ByteWriter().uint8(type).int32(0);
  write?.(writer);
  return writer.patchInt32(1, writer.length - 1).finish();
}

/** One message without a type byte, as only startup has them. */
export function untypedMessage(write: (body: ByteWriter) => void): Buffer {
  const writer = new ByteWriter().int32(0);
  write(writer);
  return writer.patchInt32(0, writer.length).finish();
}

/** Reader over the body of a complete message. */
export function bodyOf(bytes: Buffer): ByteReader {
  return new ByteReader(bytes, headerBytes);
}

/** The text of a Query. A NUL inside, or bytes behind its end, is something that the parser would not see: refused. */
export function readQuery(bytes: Buffer): string {
  const last = bytes.length - 1;
  if (last >= headerBytes && last <= loopBelow && bytes[last] === 0 && asciiEnd(bytes, headerBytes, last) === last) {
    return bytes.toString('latin1', headerBytes, last);
  }
  const body = bodyOf(bytes);
  const text = body.terminated();
  body.done();
  return utf8(text);
}

export interface ParseMessage {
  readonly name: string;
  readonly text: string;
  readonly parameterTypes: readonly number[];
}

export function readParse(bytes: Buffer): ParseMessage {
  const body = bodyOf(bytes);
  const name = readName(body);
  const text = readText(body);
  const parameterTypes: number[] = [];
  for (let count = body.uint16(); count > 0; count -= 1) parameterTypes.push(body.uint32());
  body.done();
  return { name, text, parameterTypes };
}

export interface BindMessage {
  readonly portal: string;
  readonly statement: string;
  readonly parameterFormats: readonly FormatCode[];
  /** Views into the message; null is SQL NULL. */
  readonly parameters: readonly (Buffer | null)[];
  readonly resultFormats: readonly FormatCode[];
}

export function readBind(bytes: Buffer): BindMessage {
  const body = bodyOf(bytes);
  const portal = readName(body);
  const statement = readName(body);
  const parameterFormats = readFormats(body);
  const parameters: (Buffer | null)[] = [];
  for (let count = body.uint16(); count > 0; count -= 1) {
    const length = body.int32();
    if (length < -1) throw new WireError('a parameter has a negative length');
    parameters.push(length === -1 ? null : body.slice(length));
  }
  const resultFormats = readFormats(body);
  body.done();
  if (parameterFormats.length > 1 && parameterFormats.length !== parameters.length) {
    throw new WireError('a bind message has another number of formats than of parameters');
  }
  return { portal, statement, parameterFormats, parameters, resultFormats };
}

function readFormats(body: ByteReader): FormatCode[] {
  const formats: FormatCode[] = [];
  for (let count = body.uint16(); count > 0; count -= 1) {
    const code = body.int16();
    if (code !== 0 && code !== 1) throw new WireError('a format code is neither text nor binary');
    formats.push(code);
  }
  return formats;
}

/** Describe and Close name a prepared statement (S) or a portal (P). */
export interface TargetMessage {
  readonly kind: 'statement' | 'portal';
  readonly name: string;
}

export function readTarget(bytes: Buffer): TargetMessage {
  const body = bodyOf(bytes);
  const kind = body.uint8();
  const name = readName(body);
  body.done();
  if (kind !== 0x53 && kind !== 0x50) throw new WireError('neither a statement nor a portal');
  return { kind: kind === 0x53 ? 'statement' : 'portal', name };
}

/** The portal's name; the row limit stays in the message. */
export function readExecute(bytes: Buffer): string {
  const body = bodyOf(bytes);
  const name = readName(body);
  body.int32();
  body.done();
  return name;
}

/** A body that is one string: password, CopyFail, CommandComplete. */
export function readString(bytes: Buffer): string {
  const body = bodyOf(bytes);
  const text = utf8(body.terminated());
  body.done();
  return text;
}

export function readRowDescription(bytes: Buffer): RowField[] {
  const body = bodyOf(bytes);
  const fields: RowField[] = [];
  for (let count = body.uint16(); count > 0; count -= 1) {
    const name = body.terminated().toString('utf8');
    const tableOid = body.uint32();
    const attnum = body.int16();
    const typeOid = body.uint32();
    body.int16(); // typlen
    const typeModifier = body.int32();
    fields.push({ name, tableOid, attnum, typeOid, typeModifier, format: body.int16() === 1 ? 1 : 0 });
  }
  body.done();
  return fields;
}

/** The cells of a DataRow in text format, copied out. */
export function readTextRow(bytes: Buffer): (string | null)[] {
  const body = bodyOf(bytes);
  const cells: (string | null)[] = [];
  for (let count = body.uint16(); count > 0; count -= 1) {
    const length = body.int32();
    cells.push(length === -1 ? null : body.slice(length).toString('utf8'));
  }
  body.done();
  return cells;
}

/** Fields of an ErrorResponse or a NoticeResponse. */
export function readDiagnostic(bytes: Buffer): Record<string, string> {
  const body = bodyOf(bytes);
  const fields: Record<string, string> = {};
  for (let code = body.uint8(); code !== 0; code = body.uint8()) {
    fields[String.fromCharCode(code)] = body.terminated().toString('utf8');
  }
  body.done();
  return fields;
}

export function writeDiagnostic(
  type: typeof backend.errorResponse | typeof backend.noticeResponse,
  fields: DiagnosticFields,
): Buffer {
  return message(type, (body) => {
    for (const [code, text] of Object.entries(fields))
      body.uint8(code.charCodeAt(0)).terminated(text.replaceAll('\0', ''));
    body.uint8(0);
  });
}

export function readParameterStatus(bytes: Buffer): { name: string; value: string } {
  const body = bodyOf(bytes);
  const name = body.terminated().toString('utf8');
  const value = body.terminated().toString('utf8');
  body.done();
  return { name, value };
}

export function writeParameterStatus(name: string, value: string): Buffer {
  return message(backend.parameterStatus, (body) => body.terminated(name).terminated(value));
}
