import type { Socket } from 'node:net';
import { frameChunk, lastChunk } from '../h1/chunk-frame.js';
import type { UploadTarget } from './upload.js';

const crlf = Buffer.from('\r\n');
/** Below this, copying a chunk into its frame is cheaper than handing three pieces to the kernel. */
const copyBelow = 4096;

/** A request body of announced length on an HTTP/1.1 connection. */
export function plainTarget(socket: Socket): UploadTarget {
  return { write: (chunk) => socket.write(chunk), end: () => undefined };
}

/** One in chunks (RFC 9112 section 7.1). */
export function chunkedTarget(socket: Socket): UploadTarget {
  return {
    write: (chunk) => {
      if (chunk.length < copyBelow) return socket.write(frameChunk(chunk));
      socket.cork();
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      socket.write(chunk);
      const flowing = socket.write(crlf);
      socket.uncork();
      return flowing;
    },
    end: () => void socket.write(lastChunk),
  };
}
