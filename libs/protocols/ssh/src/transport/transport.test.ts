import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { globalReply } from '../connection/messages.js';
import { until } from '../testing/testing-setup.js';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { makeSshKey } from '@sallyport/testing';
import { createPacketProtocol, parsePrivateKey } from './ssh2-protocol.js';
import { algorithmOffer } from './algorithms.js';
import { LentReads } from './lent-reads.js';
import { SshTransport, type TransportEvents, type TransportRole } from './transport.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-transport-'));
const hostKey = parsePrivateKey(makeSshKey(path.join(folder, 'key')));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const quiet: TransportEvents = {
  secured: () => undefined,
  message: () => undefined,
  writable: () => undefined,
  closed: () => undefined,
};

function over(duplex: Duplex, role: TransportRole, events: Partial<TransportEvents>): SshTransport {
  // What a socket is besides a stream is not used of it.
  return new SshTransport(duplex as Socket, role, { ...quiet, ...events });
}

/** A connection in memory. Like a socket, and unlike Node's own pairs, it never calls anybody back at once. */
class End extends Duplex {
  other!: End;
  #wanted: (() => void) | undefined;

  override _read(): void {
    this.#wanted?.();
    this.#wanted = undefined;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    setImmediate(() => this.other.#take(chunk, done));
  }

  override _final(done: () => void): void {
    this.other.push(null);
    done();
  }

  #take(chunk: Buffer, done: () => void): void {
    if (this.push(chunk)) done();
    else this.#wanted = done;
  }
}

function endPair(): [End, End] {
  const [one, other] = [new End(), new End()];
  [one.other, other.other] = [other, one];
  return [one, other];
}

interface Pair {
  readonly server: SshTransport;
  readonly client: SshTransport;
  readonly clientEnd: Duplex;
  readonly closed: string[];
}

async function pair(onServer: Partial<TransportEvents> = {}): Promise<Pair> {
  const [serverEnd, clientEnd] = endPair();
  const closed: string[] = [];
  let both = (): void => undefined;
  const secured = new Promise<void>((resolve) => {
    let missing = 2;
    both = () => {
      missing -= 1;
      if (missing === 0) resolve();
    };
  });
  const server = over(
    serverEnd,
    { side: 'server', hostKeys: [hostKey] },
    { secured: () => both(), closed: (reason) => closed.push(reason), ...onServer },
  );
  const verify = (blob: Buffer): boolean => blob.equals(hostKey.getPublicSSH());
  const client = over(clientEnd, { side: 'client', keyTypes: ['ssh-ed25519'], verify }, { secured: () => both() });
  await secured;
  return { server, client, clientEnd, closed };
}

test('messages arrive in order, and the session has one name on both sides', async () => {
  const got: number[] = [];
  const { server, client } = await pair({ message: (payload) => got.push(payload[1]!) });
  for (let count = 0; count < 100; count += 1) client.send(Buffer.of(200, count));
  await until(() => got.length === 100, 'all of them arrived');
  expect(got).toEqual(Array.from({ length: 100 }, (_, count) => count));
  expect(server.sessionId.equals(client.sessionId)).toBe(true);
  server.close('done');
});

test('SH-15: a peer that is owed answers and does not read is cut off', async () => {
  const { server, clientEnd, closed } = await pair();
  clientEnd.pause();
  for (let count = 0; count < 200 && !server.closed; count += 1) server.send(globalReply(true, Buffer.alloc(30_000)));
  expect(closed).toEqual(['the peer does not read']);
});

test('SH-16: nothing more is sendable than a peer that does not read should wait for', async () => {
  const { server, clientEnd } = await pair();
  clientEnd.pause();
  let sent = 0;
  while (server.sendable && sent < 1000) {
    server.send(Buffer.alloc(30_000, 200));
    sent += 1;
  }
  expect(sent).toBeLessThan(30);
  expect(server.closed).toBe(false);
  server.close('done');
});

/** A client's end whose bytes come in pieces of a size, all in the same memory, where nothing stays but what is kept. */
class LentEnd extends End {
  piece = 7;

  constructor(private readonly reads: LentReads) {
    super();
  }

  override push(chunk: Buffer | null): boolean {
    if (chunk === null) return super.push(null);
    const { buffer, callback } = this.reads.options;
    if (typeof buffer !== 'function') throw new Error('the memory is not the same for every read');
    for (let at = 0; at < chunk.length;) {
      const memory = buffer();
      const length = chunk.copy(memory, 0, at, at + this.piece);
      callback(length, memory);
      buffer().fill(0xaa);
      at += length;
    }
    return true;
  }
}

/** A server, and the end of a client that is told of `events` and reads into lent memory; keys are agreed. */
async function lentPair(events: Partial<TransportEvents>): Promise<{ server: SshTransport; clientEnd: LentEnd }> {
  const serverEnd = new End();
  const reads = new LentReads();
  const clientEnd = new LentEnd(reads);
  [serverEnd.other, clientEnd.other] = [clientEnd, serverEnd];
  const server = over(serverEnd, { side: 'server', hostKeys: [hostKey] }, {});
  const verify = (blob: Buffer): boolean => blob.equals(hostKey.getPublicSSH());
  const role = { side: 'client', keyTypes: ['ssh-ed25519'], verify, reads } as const;
  await new Promise<void>((resolve) => over(clientEnd, role, { ...events, secured: () => resolve() }));
  return { server, clientEnd };
}

test('messages are whole however their bytes are cut, in memory that is used again', async () => {
  const got: Buffer[] = [];
  const { server, clientEnd } = await lentPair({
    message: (payload, lent) => got.push(lent ? Buffer.from(payload) : payload),
  });
  await until(() => server.sendable, 'the server is ready');
  const sent: Buffer[] = [];
  // Four bytes of length, 112 of packet and 16 of tag: every cut there is.
  for (clientEnd.piece = 1; clientEnd.piece <= 140; clientEnd.piece += 1) {
    for (let count = 0; count < 3; count += 1) {
      const message = Buffer.concat([Buffer.of(200), randomBytes(100)]);
      sent.push(message);
      server.send(message);
    }
    await until(() => got.length === sent.length, `all of them arrived in pieces of ${clientEnd.piece}`);
  }
  expect(got).toEqual(sent);
  server.close('done');
});

test('data is in the memory of its read until all of that is told, whatever is cut off at its end', async () => {
  const got: Buffer[] = [];
  const lent: Buffer[] = [];
  const { server, clientEnd } = await lentPair({
    message: (payload) => lent.push(payload),
    settled: () => got.push(...lent.splice(0).map((payload) => Buffer.from(payload))),
  });
  const sent: Buffer[] = [];
  for (const piece of [1 << 20, 100_000, 33_000, 32_805, 10_001]) {
    clientEnd.piece = piece;
    for (let count = 0; count < 40; count += 1) {
      await until(() => server.sendable, 'there is room');
      const size = count % 4 === 0 ? 100 : 32_768;
      const message = Buffer.concat([Buffer.of(200), randomBytes(size)]);
      sent.push(message);
      server.send(message);
    }
    await until(() => got.length === sent.length, `all of them arrived in pieces of ${piece}`);
  }
  expect(got.every((message, index) => message.equals(sent[index]!))).toBe(true);
  server.close('done');
});

test('much data in packets of one size arrives in order, whatever memory it was sent from', async () => {
  const got: Buffer[] = [];
  const { server, client } = await pair({ message: (payload) => got.push(Buffer.from(payload)) });
  const sent: Buffer[] = [];
  const data = Buffer.alloc(32_768);
  for (let count = 0; count < 200; count += 1) {
    await until(() => client.sendable, 'there is room');
    data.fill(count);
    sent.push(Buffer.concat([Buffer.of(200), data]));
    client.sendData(Buffer.of(200), data);
  }
  await until(() => got.length === sent.length, 'all of them arrived');
  expect(got.every((message, index) => message.equals(sent[index]!))).toBe(true);
  server.close('done');
});

test('SH-18: a host key that is not the target’s ends it', async () => {
  const [serverEnd, clientEnd] = endPair();
  const server = over(serverEnd, { side: 'server', hostKeys: [hostKey] }, {});
  let secured = false;
  const closed = new Promise<string>((resolve) =>
    over(
      clientEnd,
      { side: 'client', keyTypes: ['ssh-ed25519'], verify: () => false },
      { secured: () => (secured = true), closed: resolve },
    ),
  );
  expect(await closed).toContain('verification failed');
  expect(secured).toBe(false);
  server.close('done');
  await new Promise((resolve) => setTimeout(resolve, 20));
});

test('what is used of the packet protocol is there', () => {
  const offer = algorithmOffer(['ssh-ed25519']);
  const protocol = createPacketProtocol({
    server: true,
    ident: 'x',
    offer,
    hostKeys: { 'ssh-ed25519': hostKey },
    onWrite: () => undefined,
    onError: () => undefined,
    onHandshakeComplete: () => undefined,
    messageHandlers: { DISCONNECT: () => undefined },
  });
  expect(Object.keys(protocol)).toEqual(
    expect.arrayContaining(['_kexinit', '_kex', '_packetRW', '_onPayload', 'start']),
  );
  for (const name of ['parse', 'rekey', 'disconnect', 'cleanup'] as const)
    expect(typeof protocol[name]).toBe('function');
  expect(protocol._kexinit).toBeUndefined();
  protocol.cleanup();
});
