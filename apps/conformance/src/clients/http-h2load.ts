import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface LoadResult {
  readonly succeeded: number;
  readonly failed: number;
  /** Answers with a status from 200 to 299. */
  readonly good: number;
}

export interface Load {
  readonly url: string;
  readonly token: string;
  readonly requests: number;
  readonly clients: number;
  /** On one connection at a time. */
  readonly streams: number;
}

/** Many requests over HTTP/2 by h2load, which verifies no certificate. */
export async function h2load({ url, token, requests, clients, streams }: Load): Promise<LoadResult> {
  const counts = ['-n', `${requests}`, '-c', `${clients}`, '-m', `${streams}`];
  const run = promisify(execFile);
  const { stdout } = await run('h2load', [...counts, '-H', `authorization: Bearer ${token}`, url], { timeout: 60_000 });
  const count = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? NaN);
  return {
    succeeded: count(/(\d+) succeeded/),
    failed: count(/(\d+) failed/),
    good: count(/status codes: (\d+) 2xx/),
  };
}
