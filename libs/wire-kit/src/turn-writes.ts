import type { Writable } from 'node:stream';
import { atTurnEnd } from './turn-end.js';

/** What is larger leaves at once: it fills a socket by itself. Bytes. */
const smallBytes = 16 * 1024;

const corked: Writable[] = [];
const uncorking = { turnEnded: uncorkAll };

/**
 * Keeps what is written to a socket until this turn of the event loop has read everything that it found. Each write to a
 * local socket wakes whoever reads it, on another processor, and waking a sleeping one is what a write costs most for:
 * several in a row wake it once.
 * @param bytes how much is about to be written
 */
export function corkForTurn(socket: Writable, bytes: number): void {
  if (bytes > smallBytes || socket.writableCorked > 0) return;
  socket.cork();
  if (corked.push(socket) === 1) atTurnEnd(uncorking);
}

/** Lets go of what was written to this socket before: for one that is about to be destroyed, which would forget it. */
export function uncorkNow(socket: Writable): void {
  if (socket.writableCorked > 0) socket.uncork();
}

function uncorkAll(): void {
  for (const socket of corked.splice(0)) socket.uncork();
}
