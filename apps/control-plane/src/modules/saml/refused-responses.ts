import { Injectable } from '@nestjs/common';
import { SignInRefusals } from '../logins/sign-in-refusals.js';

const windowMs = 60_000;
const perWindow = 30;

/**
 * Keeps why a sign-in was refused. Anybody can post nonsense to the address that takes responses, and no stranger may fill
 * the audit trail or hold its lock: past some entries a minute only the log has the rest.
 */
@Injectable()
export class RefusedResponses {
  #windowStart = 0;
  #recorded = 0;

  constructor(private readonly refusals: SignInRefusals) {}

  /** The reference that the browser is shown. */
  async record(provider: string, reason: string): Promise<string> {
    const now = Date.now();
    if (now - this.#windowStart >= windowMs) {
      this.#windowStart = now;
      this.#recorded = 0;
    }
    this.#recorded += 1;
    if (this.#recorded > perWindow) return this.refusals.note(reason);
    // Refused it is, whatever becomes of the entry.
    return this.refusals.record(provider, reason).catch((error: unknown) => this.refusals.note(reason, error));
  }
}
