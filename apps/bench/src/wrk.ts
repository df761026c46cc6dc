import { spawn } from 'node:child_process';

export interface WebPeer {
  readonly name: string;
  /** Of the document that is asked for. */
  readonly url: string;
  readonly headers: readonly string[];
}

/** Requests per second of one bounded run of wrk over kept connections. Rejects when any answer was not a success. */
export async function wrk({ name, url, headers }: WebPeer, connections: number, seconds: number): Promise<number> {
  const flags = headers.flatMap((header) => ['-H', header]);
  const child = spawn('wrk', ['-t', '1', '-c', String(connections), '-d', `${seconds}s`, ...flags, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  if (code !== 0 || rate === undefined || /Non-2xx|Socket errors/.test(output)) {
    throw new Error(`${name}: wrk said\n${output}`);
  }
  return Number(rate);
}
