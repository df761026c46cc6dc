interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

/**
 * Pauses a socket's reading while any reason to do so stands. Reasons are distinct powers of two, chosen by the owner, so
 * that one of them ending does not resume what another still holds back.
 */
export class FlowGate {
  #reasons = 0;

  constructor(readonly source: Pausable) {}

  get paused(): boolean {
    return this.#reasons !== 0;
  }

  hold(reason: number): void {
    const was = this.#reasons;
    this.#reasons = was | reason;
    if (was === 0) this.source.pause();
  }

  release(reason: number): void {
    const was = this.#reasons;
    this.#reasons = was & ~reason;
    if (was !== 0 && this.#reasons === 0) this.source.resume();
  }
}
