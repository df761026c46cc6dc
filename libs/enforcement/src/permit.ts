const issue = Symbol('issue');

/**
 * The proof that a request may reach the target: only `enforce()` and `awaitApproval()` make one, it holds the very
 * request that was judged, and it gives it out once.
 */
export class Permit<Request> {
  #request: Request | undefined;
  #beforeSend: () => void;

  private constructor(request: Request, beforeSend: () => void) {
    this.#request = request;
    this.#beforeSend = beforeSend;
  }

  /** Internal to this library: the symbol is not exported through its door. */
  static [issue]<R>(request: R, beforeSend: () => void): Permit<R> {
    return new Permit(request, beforeSend);
  }

  /** The judged request, after its decision is on disk. Throws when taken twice or when the record cannot be written. */
  take(): Request {
    const request = this.#request;
    if (request === undefined) throw new Error('a permit gives its request out once');
    this.#request = undefined;
    this.#beforeSend();
    return request;
  }
}

export function issuePermit<R>(request: R, beforeSend: () => void): Permit<R> {
  return Permit[issue](request, beforeSend);
}
