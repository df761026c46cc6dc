import type { Completion } from './stream-use.js';

/** Largest Status read. Bytes. */
export const maxStatusBytes = 65_536;

interface Cause {
  readonly reason: string;
  readonly message: string;
}
/** What an exec stream ends with: the parts of a `v1.Status` that clients read. */
export interface ExitStatus {
  readonly succeeded: boolean;
  readonly reason: string;
  readonly message: string;
  readonly code: number | undefined;
  readonly causes: readonly Cause[];
  /** Of the command, where it ran and ended by itself. */
  readonly exitCode: number | undefined;
}

/** Reads the error channel of versions 4 and 5; undefined: that is no Status. */
export function parseExitStatus(bytes: Buffer): ExitStatus | undefined {
  if (bytes.length > maxStatusBytes) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
  if (!isRecord(value) || (value.status !== 'Success' && value.status !== 'Failure')) return undefined;
  const details = isRecord(value.details) ? value.details : {};
  const listed = Array.isArray(details.causes) ? details.causes.filter(isRecord).slice(0, 64) : [];
  const causes = listed.map((cause) => ({ reason: text(cause.reason), message: text(cause.message) }));
  const succeeded = value.status === 'Success';
  const reason = text(value.reason);
  const exit = reason === 'NonZeroExitCode' ? causes.find((cause) => cause.reason === 'ExitCode')?.message : undefined;
  return {
    succeeded,
    reason,
    message: text(value.message),
    code: typeof value.code === 'number' && Number.isInteger(value.code) ? value.code : undefined,
    causes,
    exitCode: succeeded ? 0 : exit !== undefined && /^\d{1,10}$/.test(exit) ? Number(exit) : undefined,
  };
}

/** Written anew from what was read; `show` is what may be seen of a text. */
export function renderExitStatus(status: ExitStatus, show: (text: string) => string): Buffer {
  const causes = status.causes.map(({ reason, message }) =>
    reason === 'ExitCode' && status.exitCode !== undefined
      ? { reason, message: String(status.exitCode) }
      : { reason, message: show(message) },
  );
  return Buffer.from(
    JSON.stringify({
      metadata: {},
      status: status.succeeded ? 'Success' : 'Failure',
      ...(status.message === '' ? {} : { message: show(status.message) }),
      ...(status.reason === '' ? {} : { reason: status.reason }),
      ...(causes.length === 0 ? {} : { details: { causes } }),
      ...(status.code === undefined ? {} : { code: status.code }),
    }),
  );
}

export function completionOf(status: ExitStatus): Completion {
  if (status.exitCode !== undefined) {
    return { text: `exit ${status.exitCode}`, outcome: status.exitCode === 0 ? 'completed' : 'failed' };
  }
  return { text: status.reason || 'Failure', outcome: 'failed' };
}

/** What the gateway itself says on an error channel. */
export function refusalStatus(message: string): Buffer {
  return Buffer.from(JSON.stringify({ metadata: {}, status: 'Failure', message, reason: 'Forbidden', code: 403 }));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
