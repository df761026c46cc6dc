import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { number, putString } from '../transport/message-numbers.js';
import { readBoolean, readString, readText } from './wire.js';

/** RFC 4254: what the connection protocol says. `data` are the fields that depend on the kind, not read yet. */
export type ConnectionMessage =
  | { readonly kind: 'global'; readonly name: string; readonly wantReply: boolean; readonly data: Buffer }
  | { readonly kind: 'globalReply'; readonly success: boolean; readonly data: Buffer }
  | {
      readonly kind: 'open';
      readonly type: string;
      readonly sender: number;
      readonly window: number;
      readonly maxPacket: number;
      readonly data: Buffer;
    }
  | {
      readonly kind: 'opened';
      readonly channel: number;
      readonly sender: number;
      readonly window: number;
      readonly maxPacket: number;
    }
  | { readonly kind: 'openFailed'; readonly channel: number; readonly reason: number; readonly text: string }
  | { readonly kind: 'window'; readonly channel: number; readonly bytes: number }
  | { readonly kind: 'data'; readonly channel: number; readonly data: Buffer }
  | { readonly kind: 'extended'; readonly channel: number; readonly code: number; readonly data: Buffer }
  | { readonly kind: 'eof'; readonly channel: number }
  | { readonly kind: 'close'; readonly channel: number }
  | {
      readonly kind: 'request';
      readonly channel: number;
      readonly name: string;
      readonly wantReply: boolean;
      readonly data: Buffer;
    }
  | { readonly kind: 'requestReply'; readonly channel: number; readonly success: boolean };

/** Throws a WireError for what is malformed; undefined for a message that the connection protocol does not know. */
export function readMessage(payload: Buffer): ConnectionMessage | undefined {
  const reader = new ByteReader(payload, 1);
  const type = payload[0];
  switch (type) {
    case number.globalRequest: {
      const name = readText(reader);
      return { kind: 'global', name, wantReply: readBoolean(reader), data: rest(reader) };
    }
    case number.requestSuccess:
    case number.requestFailure:
      return { kind: 'globalReply', success: type === number.requestSuccess, data: rest(reader) };
    case number.channelOpen: {
      const kind = readText(reader);
      const [sender, window, maxPacket] = [reader.uint32(), reader.uint32(), reader.uint32()];
      return { kind: 'open', type: kind, sender, window, maxPacket, data: rest(reader) };
    }
    case number.channelOpenConfirmation: {
      const [channel, sender, window, maxPacket] = [reader.uint32(), reader.uint32(), reader.uint32(), reader.uint32()];
      return { kind: 'opened', channel, sender, window, maxPacket };
    }
    case number.channelOpenFailure:
      return { kind: 'openFailed', channel: reader.uint32(), reason: reader.uint32(), text: readText(reader) };
    default:
      return readChannelMessage(type, reader);
  }
}

function readChannelMessage(type: number | undefined, reader: ByteReader): ConnectionMessage | undefined {
  switch (type) {
    case number.channelWindowAdjust:
      return done(reader, { kind: 'window', channel: reader.uint32(), bytes: reader.uint32() });
    case number.channelData:
      return done(reader, { kind: 'data', channel: reader.uint32(), data: readString(reader) });
    case number.channelExtendedData: {
      const [channel, code] = [reader.uint32(), reader.uint32()];
      return done(reader, { kind: 'extended', channel, code, data: readString(reader) });
    }
    case number.channelEof:
      return done(reader, { kind: 'eof', channel: reader.uint32() });
    case number.channelClose:
      return done(reader, { kind: 'close', channel: reader.uint32() });
    case number.channelRequest: {
      const [channel, name] = [reader.uint32(), readText(reader)];
      return { kind: 'request', channel, name, wantReply: readBoolean(reader), data: rest(reader) };
    }
    case number.channelSuccess:
    case number.channelFailure:
      return done(reader, {
        kind: 'requestReply',
        channel: reader.uint32(),
        success: type === number.channelSuccess,
      });
    default:
      return undefined;
  }
}

/** RFC 4254 §5.1. */
export const openFailure = { prohibited: 1, connectFailed: 2, unknownType: 3, shortage: 4 } as const;
export type OpenFailure = keyof typeof openFailure;

export function globalRequest(name: string, wantReply: boolean, data: Uint8Array = none): Buffer {
  return putString(writer(number.globalRequest), name).uint8(Number(wantReply)).raw(data).finish();
}

export function globalReply(success: boolean, data: Uint8Array = none): Buffer {
  return writer(success ? number.requestSuccess : number.requestFailure)
    .raw(success ? data : none)
    .finish();
}

export interface OpenFields {
  readonly sender: number;
  readonly window: number;
  readonly maxPacket: number;
}

export function channelOpen(type: string, fields: OpenFields, data: Uint8Array): Buffer {
  return putString(writer(number.channelOpen), type)
    .uint32(fields.sender)
    .uint32(fields.window)
    .uint32(fields.maxPacket)
    .raw(data)
    .finish();
}

export function channelOpened(recipient: number, { sender, window, maxPacket }: OpenFields): Buffer {
  return writer(number.channelOpenConfirmation)
    .uint32(recipient)
    .uint32(sender)
    .uint32(window)
    .uint32(maxPacket)
    .finish();
}

export function channelOpenFailed(recipient: number, reason: OpenFailure, text: string): Buffer {
  const start = writer(number.channelOpenFailure).uint32(recipient).uint32(openFailure[reason]);
  return putString(putString(start, text), '').finish();
}

export function windowAdjust(recipient: number, bytes: number): Buffer {
  return writer(number.channelWindowAdjust).uint32(recipient).uint32(bytes).finish();
}

/** RFC 4254 §5.2: the one extended type there is. */
export const stderrCode = 1;

export function channelData(recipient: number, data: Uint8Array, stderr: boolean): Buffer {
  return Buffer.concat([channelDataHead(recipient, data.length, stderr), data]);
}

/** What comes before so many bytes of data. */
export function channelDataHead(recipient: number, length: number, stderr: boolean): Buffer {
  const head = new ByteWriter(16).uint8(stderr ? number.channelExtendedData : number.channelData).uint32(recipient);
  return (stderr ? head.uint32(stderrCode) : head).uint32(length).finish();
}

export function channelEnd(kind: 'eof' | 'close', recipient: number): Buffer {
  return writer(kind === 'eof' ? number.channelEof : number.channelClose)
    .uint32(recipient)
    .finish();
}

export function channelRequest(recipient: number, name: string, wantReply: boolean, data: Uint8Array = none): Buffer {
  return putString(writer(number.channelRequest).uint32(recipient), name).uint8(Number(wantReply)).raw(data).finish();
}

export function requestReply(recipient: number, success: boolean): Buffer {
  return writer(success ? number.channelSuccess : number.channelFailure)
    .uint32(recipient)
    .finish();
}

const none = new Uint8Array(0);

function writer(type: number): ByteWriter {
  return new ByteWriter(64).uint8(type);
}

function rest(reader: ByteReader): Buffer {
  return reader.slice(reader.remaining);
}

function done<T>(reader: ByteReader, message: T): T {
  if (reader.remaining > 0) throw new WireError('bytes are left over at the end of a message');
  return message;
}
