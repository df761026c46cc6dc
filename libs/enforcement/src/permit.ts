import type { RecorderPort } from './ports.js';

const issue = Symbol('issue');

/**
 * The proof that a request may reach the target: only `enforce()` and `awaitApproval()` make one, it holds the very
 * request that was judged, and it gives it out once.
 */
export class Permit<Request> {
  #request: Request | undefined;
  readonly #recorder: RecorderPort;

  private constructor(request: Request, recorder: RecorderPort) {
    this.#request = request;
    this.#recorder = recorder;
  }

  /** Internal to this library: the symbol is not exported through its door. */
  static [issue]<R>(request: R, recorder: RecorderPort): Permit<R> {
    return new Permit(request, recorder);
  }

  /** The judged request, after its decision is on disk. Throws when taken twice or when the record cannot be written. */
  take(): Request {
    const request = this.#request;
    if (request === undefined) throw new Error('a permit gives its request out once');
    this.#request = undefined;
    this.#recorder.flush();
    return request;
  }
}

/** @param recorder has the decision that lets the request through */
export function issuePermit<R>(request: R, recorder: RecorderPort): Permit<R> {
  return Permit[issue](request, recorder);
}
