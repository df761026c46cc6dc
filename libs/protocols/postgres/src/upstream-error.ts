import { readDiagnostic } from './codec.js';
import { backend } from './messages.js';

/** The target cannot be reached or used. The message is for the gateway's log; a client learns less. */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  /** What the target itself said, when it said something. */
  readonly sqlState: string | undefined;

  constructor(message: string, received?: Buffer) {
    const said = received?.[0] === backend.errorResponse ? readDiagnostic(received) : undefined;
    super(said ? `${message}: ${said['C']} ${said['M']}` : message);
    this.sqlState = said?.['C'];
  }
}
