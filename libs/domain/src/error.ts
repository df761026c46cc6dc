export type ErrorSource = 'client' | 'upstream' | 'policy' | 'gateway';

/** An unexpected outcome that crosses a module's door. Expected ones are values. */
export class SallyportError extends Error {
  override readonly name = 'SallyportError';
  constructor(
    readonly code: string,
    message: string,
    readonly options: { readonly source: ErrorSource; readonly retryable?: boolean; readonly cause?: unknown },
  ) {
    super(message, { cause: options.cause });
  }
  get source(): ErrorSource {
    return this.options.source;
  }
  get retryable(): boolean {
    return this.options.retryable ?? false;
  }
}
