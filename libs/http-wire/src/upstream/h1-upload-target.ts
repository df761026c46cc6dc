import type { Socket } from 'node:net';
import { chunkEnd, chunkFront, copyBelow, frameChunk, lastChunk } from '../h1/chunk-frame.js';
import type { UploadTarget } from './upload.js';

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
      socket.write(chunkFront(chunk.length), 'latin1');
      socket.write(chunk);
      const flowing = socket.write(chunkEnd);
      socket.uncork();
      return flowing;
    },
    end: () => void socket.write(lastChunk),
  };
}
