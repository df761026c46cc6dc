import type { RequestHead } from '@sallyport/http-wire';

const defaultWaitSeconds = 30;
const longestWaitSeconds = 300;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How long the client would wait for people, by `Prefer: wait=N` (RFC 7240 section 4.3). Seconds. */
export function preferredWait({ headers }: RequestHead): number {
  for (const [name, value] of headers) {
    if (name !== 'prefer') continue;
    const wait = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:[,;]|$)/i.exec(value);
    if (wait) return Math.min(longestWaitSeconds, Number(wait[1]));
  }
  return defaultWaitSeconds;
}

/** The approval that the client names. One that is none is still named: it must not be taken for a new request. */
export function approvalOf({ headers }: RequestHead): string | undefined {
  const named = headers
    .filter(([name]) => name === 'sallyport-approval')
    .map(([, value]) => value.trim().toLowerCase());
  if (named.length === 0) return undefined;
  return named.length === 1 && uuid.test(named[0]!) ? named[0]! : noApproval;
}

/** No approval has this id. */
const noApproval = '00000000-0000-0000-0000-000000000000';
