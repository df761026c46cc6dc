import { ByteReader, ByteWriter, WireError } from '@sallyport/wire-kit';
import { readString, readText } from '../connection/wire.js';
import { hostRef, type HostRef } from '../target/addresses.js';
import { putString } from '../transport/message-numbers.js';

/** RFC 4254 §7.2, `direct-tcpip`. */
export function readDirectTcp(data: Buffer): { readonly host: HostRef | undefined; readonly port: number } {
  const reader = new ByteReader(data);
  const [host, port] = [readText(reader), reader.uint32()];
  readString(reader);
  reader.uint32();
  reader.done();
  return { host: port >= 1 && port <= 65535 ? hostRef(host) : undefined, port };
}

export function directTcp(address: string, port: number): Buffer {
  const writer = putString(new ByteWriter(64), address).uint32(port);
  // Where the client sits is the gateway's business.
  return putString(writer, '127.0.0.1').uint32(0).finish();
}

/** OpenSSH's PROTOCOL §2.4, `direct-streamlocal@openssh.com`. */
export function readDirectSocket(data: Buffer): string | undefined {
  const reader = new ByteReader(data);
  const path = readText(reader);
  readString(reader);
  reader.uint32();
  reader.done();
  return isSocketPath(path) ? path : undefined;
}

export function directSocket(path: string): Buffer {
  return putString(putString(new ByteWriter(128), path), '')
    .uint32(0)
    .finish();
}

/** RFC 4254 §7.1, `tcpip-forward` and its cancellation: where the target is to listen. */
export function readListenTcp(data: Buffer): { readonly address: string; readonly port: number } | undefined {
  const reader = new ByteReader(data);
  const [address, port] = [readText(reader), reader.uint32()];
  reader.done();
  if (port > 65535) return undefined;
  // Everywhere has four spellings, policy sees one.
  if (address === '' || address === '*') return { address: '', port };
  const host = hostRef(address);
  return host && { address: host.text, port };
}

export function listenTcp(address: string, port: number): Buffer {
  return putString(new ByteWriter(64), address).uint32(port).finish();
}

/** RFC 4254 §7.2, `forwarded-tcpip`: which of the places that the target listens at was connected to. */
export function readForwardedTcp(data: Buffer): { readonly address: string; readonly port: number } {
  const reader = new ByteReader(data);
  const [address, port] = [readText(reader), reader.uint32()];
  readString(reader);
  reader.uint32();
  reader.done();
  return { address, port };
}

/** The port that the target chose. Throws a WireError when it says none. */
export function readChosenPort(answer: Buffer): number {
  const port = new ByteReader(answer).uint32();
  if (port < 1 || port > 65535) throw new WireError('not a port');
  return port;
}

/** Absolute and already in its shortest spelling, so that two texts never mean one socket. */
function isSocketPath(path: string): boolean {
  return /^(\/[A-Za-z0-9_.@+:,-]+)+$/.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}
