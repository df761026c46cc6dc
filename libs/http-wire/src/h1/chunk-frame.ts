/** What ends a chunked body without trailers. */
export const lastChunk = Buffer.from('0\r\n\r\n', 'latin1');

/** One chunk of the chunked coding, with its size line (RFC 9112 section 7.1), behind `lead`. An empty chunk would end the body. */
export function frameChunk(data: Buffer, lead = ''): Buffer {
  const front = `${lead}${data.length.toString(16)}\r\n`;
  const framed = Buffer.allocUnsafe(front.length + data.length + 2);
  framed.write(front, 0, 'latin1');
  data.copy(framed, front.length);
  framed[framed.length - 2] = 0x0d;
  framed[framed.length - 1] = 0x0a;
  return framed;
}
