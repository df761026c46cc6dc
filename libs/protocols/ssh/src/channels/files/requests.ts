import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { asText, readString } from '../../connection/wire.js';
import { putString } from '../../transport/message-numbers.js';
import { readAttributes } from './attributes.js';
import { openFlag, packet } from './packets.js';

/** What a client asks of a server's files. Paths are as the client said them. */
export type FileRequest = PathRequest | HandleRequest;

export interface PathRequest {
  readonly kind: 'path';
  readonly id: number;
  readonly type: number;
  /** In the words of `context.ssh.operation`. */
  readonly operation: string;
  readonly reads: boolean;
  readonly writes: boolean;
  /** Whether the operation follows a link at the path's end, or is about the link itself. */
  readonly follows: boolean;
  readonly path: string;
  /** Of a rename: the new path. Of a link: what it points to. */
  readonly second?: string;
  /** What follows the paths, checked. */
  readonly rest: Buffer;
  readonly opens?: 'file' | 'folder';
}

export interface HandleRequest {
  readonly kind: 'handle';
  readonly id: number;
  readonly type: number;
  readonly handle: Buffer;
  /** What follows the handle, checked. */
  readonly rest: Buffer;
  /** Of reads and writes. */
  readonly offset?: bigint;
  /** Of reads. Bytes. */
  readonly length?: number;
  /** Of writes. */
  readonly data?: Buffer;
}

/** Undefined for a type that is not known, extended requests among them. Throws a WireError for what is malformed. */
export function readRequest(type: number, body: Buffer): FileRequest | undefined {
  const reader = new ByteReader(body);
  const id = reader.uint32();
  const request = readPathRequest(type, id, reader) ?? readHandleRequest(type, id, reader);
  if (request) reader.done();
  return request;
}

function readPathRequest(type: number, id: number, reader: ByteReader): PathRequest | undefined {
  const base = { kind: 'path', id, type, reads: false, writes: false, follows: true, rest: nothing } as const;
  switch (type) {
    case packet.open:
      return readOpen({ ...base, path: readPath(reader) }, reader);
    case packet.opendir:
      return { ...base, path: readPath(reader), operation: 'opendir', reads: true, opens: 'folder' };
    case packet.stat:
      return { ...base, path: readPath(reader), operation: 'stat', reads: true };
    case packet.lstat:
      return { ...base, path: readPath(reader), operation: 'lstat', reads: true, follows: false };
    case packet.readlink:
      return { ...base, path: readPath(reader), operation: 'readlink', reads: true, follows: false };
    case packet.realpath:
      return { ...base, path: readPath(reader), operation: 'realpath', reads: true };
    case packet.setstat:
      return { ...base, path: readPath(reader), operation: 'setstat', writes: true, rest: readAttributes(reader) };
    case packet.mkdir:
      return { ...base, path: readPath(reader), operation: 'mkdir', writes: true, rest: readAttributes(reader) };
    case packet.rmdir:
      return { ...base, path: readPath(reader), operation: 'rmdir', writes: true, follows: false };
    case packet.remove:
      return { ...base, path: readPath(reader), operation: 'remove', writes: true, follows: false };
    case packet.rename: {
      const [path, second] = [readPath(reader), readPath(reader)];
      return { ...base, path, second, operation: 'rename', writes: true, follows: false };
    }
    case packet.symlink: {
      // OpenSSH has the two the other way round than the draft, and everybody follows OpenSSH.
      const [second, path] = [readPath(reader), readPath(reader)];
      return { ...base, path, second, operation: 'symlink', writes: true, follows: false };
    }
    default:
      return undefined;
  }
}

function readOpen(base: Omit<PathRequest, 'operation'>, reader: ByteReader): PathRequest {
  const flags = reader.uint32();
  const attributes = readAttributes(reader);
  if (flags > 63 || (flags & (openFlag.read | openFlag.write)) === 0) throw new WireError('unknown open flags');
  const reads = (flags & openFlag.read) !== 0;
  const writes = (flags & ~openFlag.read) !== 0;
  const operation = !writes ? 'read' : reads ? 'open' : 'write';
  const rest = new ByteWriter(64).uint32(flags).raw(attributes).finish();
  return { ...base, operation, reads, writes, rest, opens: 'file' };
}

function readHandleRequest(type: number, id: number, reader: ByteReader): HandleRequest | undefined {
  const base = { kind: 'handle', id, type, rest: nothing } as const;
  switch (type) {
    case packet.close:
    case packet.fstat:
    case packet.readdir:
      return { ...base, handle: readString(reader) };
    case packet.fsetstat:
      return { ...base, handle: readString(reader), rest: readAttributes(reader) };
    case packet.read: {
      const handle = readString(reader);
      const rest = reader.slice(12);
      return { ...base, handle, rest, offset: rest.readBigUInt64BE(), length: rest.readUInt32BE(8) };
    }
    case packet.write: {
      const handle = readString(reader);
      const start = reader.position;
      const offset = reader.slice(8).readBigUInt64BE();
      const data = readString(reader);
      return { ...base, handle, offset, data, rest: reader.bytes.subarray(start, reader.position) };
    }
    default:
      return undefined;
  }
}

/** The fields of a request as they go to the target, with the paths that were judged. */
export function requestFields(request: PathRequest, path: string, second: string | undefined): Buffer {
  const writer = new ByteWriter(256);
  if (request.type === packet.symlink) putString(putString(writer, second ?? ''), path);
  else if (second === undefined) putString(writer, path);
  else putString(putString(writer, path), second);
  return writer.raw(request.rest).finish();
}

const nothing = Buffer.alloc(0);
const maxPath = 4096;

function readPath(reader: ByteReader): string {
  const path = asText(readString(reader));
  if (path.length > maxPath || path.includes('\0')) throw new WireError('not a path');
  return path;
}
