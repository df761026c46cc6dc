import { connect, type Socket } from 'node:net';
import { connectReusing as connectLending, lendChunks } from '@sallyport/wire-kit';

/** Connects a socket that reads into the same memory again and again. */
export function connectReusing(endpoint: { readonly host: string; readonly port: number }): Socket {
  return connectLending((onread) => connect({ ...endpoint, noDelay: true, keepAlive: true, onread }));
}

/**
 * Hands each chunk to `reader`, in reused memory where the socket was made for that.
 * @param holds whether the memory of earlier chunks is still needed: otherwise the next read overwrites it
 */
export function readChunks(socket: Socket, reader: (chunk: Buffer) => void, holds: () => boolean): void {
  lendChunks(socket, (chunk) => {
    reader(chunk);
    return holds;
  });
}
