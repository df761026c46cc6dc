/** An answer other than success, sent as `application/problem+json` (RFC 9457). `code` is stable; `detail` is for people. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly extra: ProblemExtra = {},
  ) {
    super(detail);
  }
}
export interface ProblemExtra {
  /** Member `errors` of the document: one entry per thing that is wrong. */
  readonly errors?: readonly object[];
  readonly headers?: Readonly<Record<string, string>>;
}
