/** The peer broke the protocol. Its message names the fault, never a value. */
export class WireError extends Error {
  override readonly name = 'WireError';
}
