import { createRequire } from 'node:module';
import { LastingCiphers } from './lasting-ciphers.js';

const load = createRequire(import.meta.url);

/**
 * What is used of the ssh2 package: its binary packet protocol and key exchange (RFC 4253), nothing above. These members
 * belong to its exact version in package.json; `transport.test.ts` fails when one of them is gone.
 */
export interface PacketProtocol {
  readonly start: () => void;
  parse(chunk: Buffer, from: number, end: number): void;
  rekey(): void;
  disconnect(reason: number): void;
  cleanup(): void;
  /** Set while a key exchange runs. */
  readonly _kexinit: Buffer | undefined;
  readonly _kex: { readonly sessionID: Buffer };
  readonly _cipher: unknown;
  readonly _decipher: Decipher | undefined;
  readonly _packetRW: {
    readonly write: {
      readonly allocStart: number;
      alloc(payloadLength: number): Buffer;
      finalize(packet: Buffer): Buffer;
    };
  };
  /** Taken by each new cipher when keys change, so it must be replaced before the first packet. */
  _onPayload: (payload: Buffer) => unknown;
}

interface Decipher {
  /** Of a packet that has not come completely, what needs no more of its bytes but perhaps its MAC. */
  _packet?: Uint8Array | null;
  /** AES-GCM: how much has come of a packet's length, that length, and how much of the packet and of its tag. Bytes. */
  readonly _lenBytes?: number;
  readonly _len?: number;
  readonly _pktLen?: number;
  readonly _tagPos?: number;
}

/** A payload as its fields and the data behind them, so that large data is copied once. */
export type Message = readonly [head: Buffer, data: Uint8Array];

export interface AlgorithmOffer {
  readonly kex: readonly string[];
  readonly serverHostKey: readonly string[];
  readonly cs: CipherOffer;
  readonly sc: CipherOffer;
}
interface CipherOffer {
  readonly cipher: readonly string[];
  readonly mac: readonly string[];
  readonly compress: readonly string[];
  readonly lang: readonly string[];
}

export interface PacketProtocolConfig {
  readonly server: boolean;
  readonly ident: string;
  readonly offer: AlgorithmOffer;
  /** Server: private keys by algorithm. */
  readonly hostKeys?: Readonly<Record<string, ParsedKey>>;
  /** Client: whether this host key blob is the target's. */
  readonly hostVerifier?: (blob: Buffer) => boolean;
  readonly onWrite: (bytes: Buffer) => void;
  readonly onError: (error: Error) => void;
  readonly onHandshakeComplete: (negotiated: NegotiatedAlgorithms) => void;
  readonly messageHandlers: {
    readonly DISCONNECT: (protocol: unknown, reason: number, description: string) => void;
  };
}

export interface NegotiatedAlgorithms {
  readonly kex: string;
  readonly serverHostKey: string;
  readonly cs: { readonly cipher: string; readonly mac: string };
  readonly sc: { readonly cipher: string; readonly mac: string };
}

export interface ParsedKey {
  readonly type: string;
  isPrivateKey(): boolean;
  getPublicSSH(): Buffer;
  sign(data: Buffer, hash?: string): Buffer | Error;
  verify(data: Buffer, signature: Buffer, hash?: string): boolean | Error;
}

interface CryptoModule {
  readonly bindingAvailable: boolean;
  readonly init: Promise<void>;
}
interface KeyModule {
  parseKey(text: string): ParsedKey | readonly ParsedKey[] | Error;
  parseDERKey(fields: Buffer, type: string): ParsedKey | Error;
}
interface WireModule {
  sendPacket(protocol: PacketProtocol, packet: Buffer): boolean;
  convertSignature(signature: Buffer, type: string): Buffer | false | undefined;
  sigSSHToASN1(signature: Buffer, type: string): Buffer | undefined;
}

/** RFC 5647 §7: before and behind what AES-GCM encrypts. */
const lengthBytes = 4;
const tagBytes = 16;
/** What the package takes at most. */
const maxPacketBytes = 35_000;

const addon = 'ssh2/lib/protocol/crypto/build/Release/sshcrypto.node';
try {
  // Before the package takes its constructors from it.
  new LastingCiphers().cover(load(addon) as Record<string, unknown>);
} catch {
  // Without a compiler there is none, and the package has slower means.
}
const Protocol = load('ssh2/lib/protocol/Protocol.js') as new (config: PacketProtocolConfig) => PacketProtocol;
const cryptoModule = load('ssh2/lib/protocol/crypto.js') as CryptoModule;
const keyModule = load('ssh2/lib/protocol/keyParser.js') as KeyModule;
const wireModule = load('ssh2/lib/protocol/utils.js') as WireModule;

/** False: packets are sealed by slower JavaScript; the same algorithms either way. */
export const nativeCrypto: boolean = cryptoModule.bindingAvailable;
export const cryptoReady: Promise<void> = cryptoModule.init;

export function createPacketProtocol(config: PacketProtocolConfig): PacketProtocol {
  return new Protocol(config);
}

/**
 * Seals a message of two parts; while keys are exchanged it waits inside.
 * @param packet whose payload this becomes; without it the packet is made here
 */
export function sendPayload(protocol: PacketProtocol, [head, data]: Message, packet?: Buffer): void {
  const { write } = protocol._packetRW;
  const start = write.allocStart;
  const filled = packet ?? write.alloc(head.length + data.length);
  filled.set(head, start);
  filled.set(data, start + head.length);
  wireModule.sendPacket(protocol, write.finalize(filled));
}

/** A packet for a payload of this many bytes, complete but for the payload. Not while keys are exchanged. */
export function emptyPacket(protocol: PacketProtocol, payloadBytes: number): Buffer {
  return protocol._packetRW.write.alloc(payloadBytes);
}

/**
 * How many of the bytes that come next end together with a packet: the rest are better read once all of their packet is
 * there, as they are moved twice otherwise, through new memory. All of them where that cannot be told: only AES-GCM has
 * the length in the clear (RFC 5647 §7.3), and a key exchange changes the cipher between two packets.
 */
export function wholePackets(protocol: PacketProtocol, bytes: Buffer): number {
  let end = protocol._kexinit ? undefined : missing(protocol._decipher);
  if (end === undefined || end > bytes.length) return bytes.length;
  while (end + lengthBytes <= bytes.length) {
    const size = lengthBytes + bytes.readUInt32BE(end) + tagBytes;
    // One that is too long is refused when its length is read.
    if (size > maxPacketBytes) return bytes.length;
    if (end + size > bytes.length) break;
    end += size;
  }
  return end;
}

/** Of the packet that is being read, if any. Undefined: cannot be told. */
function missing(decipher: Decipher | undefined): number | undefined {
  const { _lenBytes: known, _len: length = 0, _pktLen: came = 0, _tagPos: tagCame } = decipher ?? {};
  if (tagCame === undefined) return undefined;
  if (known === 0) return 0;
  return known === lengthBytes ? length - came + tagBytes - tagCame : undefined;
}

/** Reads bytes that are overwritten afterwards: an unfinished packet among them is moved elsewhere. */
export function parseLent(protocol: PacketProtocol, chunk: Buffer): void {
  protocol.parse(chunk, 0, chunk.length);
  const decipher = protocol._decipher;
  if (decipher?._packet?.buffer === chunk.buffer) decipher._packet = Buffer.from(decipher._packet);
}

/** A private key in PEM or OpenSSH's own format, without a passphrase. Throws when it is none. */
export function parsePrivateKey(text: string): ParsedKey {
  const parsed = keyModule.parseKey(text);
  const key = (Array.isArray(parsed) ? parsed[0] : parsed) as ParsedKey | Error | undefined;
  if (!key || key instanceof Error) throw new TypeError('not a private key that can be read');
  if (!key.isPrivateKey()) throw new TypeError('a public key where a private one is needed');
  return key;
}

/** A public key from the fields of its blob after the name (RFC 4253 §6.6). Undefined when they are malformed. */
export function parsePublicFields(fields: Buffer, type: string): ParsedKey | undefined {
  const key = keyModule.parseDERKey(fields, type);
  return key instanceof Error || key.type !== type ? undefined : key;
}

/** From the wire's form of a signature to the one that is verified. */
export function signatureFromWire(signature: Buffer, type: string): Buffer | undefined {
  return wireModule.sigSSHToASN1(signature, type);
}

/** From what a key made to the wire's form. Throws when it made none. */
export function signatureToWire(signature: Buffer | Error, type: string): Buffer {
  const wire = signature instanceof Error ? undefined : wireModule.convertSignature(signature, type);
  if (!wire) throw new TypeError('the key made no signature');
  return wire;
}
