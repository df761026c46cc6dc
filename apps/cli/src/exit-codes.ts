import { ApiError, UnreachableError } from '@sallyport/api-client';

/** What a script may rely on. Documented in the README. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  forbidden: 3,
  notFound: 4,
  conflict: 5,
  unreachable: 6,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends a command with a message for the person and a code for the script. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.failed,
    /** Further lines, such as the positions in a refused manifest. */
    readonly details: readonly string[] = [],
  ) {
    super(message);
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof UnreachableError) return exitCodes.unreachable;
  if (!(error instanceof ApiError)) return exitCodes.failed;
  if (error.status === 401 || error.status === 403) return exitCodes.forbidden;
  if (error.status === 404) return exitCodes.notFound;
  if (error.status === 409 || error.status === 412) return exitCodes.conflict;
  return exitCodes.failed;
}
