/** What ends a chunked body without trailers. */
export const lastChunk = Buffer.from('0\r\n\r\n', 'latin1');

/** What ends a chunk. */
export const chunkEnd = Buffer.from('\r\n', 'latin1');

/** Below this, copying a chunk into its frame is cheaper than handing three pieces to the kernel. Bytes. */
export const copyBelow = 4096;

/** What stands before a chunk of so many bytes (RFC 9112 section 7.1), behind `lead`. An empty chunk would end the body. */
export function chunkFront(bytes: number, lead = ''): string {
  return `${lead}${bytes.toString(16)}\r\n`;
}

/** One chunk of the chunked coding in its frame, copied. */
export function frameChunk(data: Buffer, lead = ''): Buffer {
  const front = chunkFront(data.length, lead);
  const framed = Buffer.allocUnsafe(front.length + data.length + 2);
  framed.write(front, 0, 'latin1');
  data.copy(framed, front.length);
  framed[framed.length - 2] = 0x0d;
  framed[framed.length - 1] = 0x0a;
  return framed;
}
