import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { Peer } from './peers.js';

/** Resident memory of a process. Bytes. */
export function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** Opens a PostgreSQL session by hand, so that the sessions cost this process nothing but a socket. */
export function openSession(peer: Peer): Promise<Socket> {
  const int32 = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(value);
    return bytes;
  };
  return new Promise((resolve, reject) => {
    const socket = connect(peer.port, '127.0.0.1');
    let received: Buffer = Buffer.alloc(0);
    socket.once('error', reject).once('close', () => reject(new Error(`refused: ${received.toString('latin1')}`)));
    socket.on('connect', () => {
      const body = Buffer.concat([int32(0x30000), Buffer.from(`user\0${peer.user}\0database\0shop\0\0`)]);
      socket.write(Buffer.concat([int32(body.length + 4), body]));
    });
    socket.on('data', (chunk: Buffer) => {
      const asked = received.length === 0 && chunk[0] === 0x52;
      received = Buffer.concat([received, chunk]);
      if (asked) {
        const password = Buffer.from(`${peer.password}\0`);
        socket.write(Buffer.concat([Buffer.from('p'), int32(password.length + 4), password]));
      } else if (received.at(-6) === 0x5a) {
        socket.removeAllListeners();
        socket.on('error', () => undefined);
        resolve(socket);
      }
    });
  });
}

export function simpleQuery(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.from([0x51, 0, 0, 0, 0]);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const settle = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Growth of the gateway while a client does not read a gigabyte that it asked for. Bytes. */
export async function slowReaderGrowth(peer: Peer, pid: number): Promise<number> {
  const socket = await openSession(peer);
  socket.pause();
  const before = residentBytes(pid);
  socket.write(simpleQuery("SELECT repeat('x', 1000) FROM generate_series(1, 1000000)"));
  let most = before;
  for (let sample = 0; sample < 50; sample += 1) {
    await settle(100);
    most = Math.max(most, residentBytes(pid));
  }
  socket.destroy();
  return most - before;
}

/** A gateway seals what a session recorded when it is five seconds old. */
const sealedMs = 10_000;

/**
 * Growth of the gateway by this many idle sessions. Bytes.
 * @param delivered resolves when the gateway has delivered what it recorded
 */
export async function idleGrowth(
  peer: Peer,
  pid: number,
  { sessions, delivered }: { readonly sessions: number; readonly delivered: () => Promise<void> },
): Promise<number> {
  const before = residentBytes(pid);
  const sockets: Socket[] = [];
  for (let opened = 0; opened < sessions; opened += 50) {
    const batch = Array.from({ length: Math.min(50, sessions - opened) }, () => openSession(peer));
    sockets.push(...(await Promise.all(batch)));
  }
  // Idle: their recordings have been delivered, and the gateway has given back what opening them took.
  await settle(sealedMs);
  await delivered();
  await settle(15_000);
  const growth = residentBytes(pid) - before;
  for (const socket of sockets) socket.destroy();
  return growth;
}

/** Resolves when the gateway has delivered what it recorded: its arrears must not burden whoever is measured next. */
export async function recordingsDelivered(healthPort: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    if (/^sallyport_gateway_spool_segments_waiting 0$/m.test(metrics)) return;
    await settle(200);
  }
  throw new Error('the recordings were not delivered within two minutes');
}
