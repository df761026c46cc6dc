/** What came is not SPDY/3.1, or none that is served here. The text is safe to show. */
export class SpdyFault extends Error {
  override readonly name = 'SpdyFault';
}
