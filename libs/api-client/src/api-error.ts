/** The API answered with an error. `code` is the stable code of the problem document, RFC 9457. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The whole problem document, or the body as text where it was not one. */
    readonly problem: unknown,
  ) {
    super(message);
  }
}

/** No usable answer: nobody listens, TLS failed, time ran out, or the answer is not what the API speaks. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  constructor(
    message: string,
    readonly reason: 'connect' | 'tls' | 'timeout' | 'protocol',
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** The problem document of an error answer; any other body still becomes an ApiError. */
export function apiError(status: number, body: string): ApiError {
  const problem = parse(body);
  if (typeof problem !== 'object' || problem === null) {
    return new ApiError(status, `http-${status}`, `the API answered ${status}`, body);
  }
  const field = (name: string): string | undefined => {
    const value = (problem as Record<string, unknown>)[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  // RFC 6749 errors of /oauth/token have `error` and `error_description` instead.
  const code = field('code') ?? field('error') ?? `http-${status}`;
  const message = field('detail') ?? field('error_description') ?? field('title') ?? `the API answered ${status}`;
  return new ApiError(status, code, message, problem);
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
