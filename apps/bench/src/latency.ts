import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WebPeer } from './wrk.js';

const connections = 8;
/** Their sessions are open when it counts. */
const warmUpSeconds = 1;

/**
 * Latencies in milliseconds, sorted, at a steady rate: h2load over HTTP/1.1, whose connections each keep their own time. A
 * connection that waits for an answer sends late, so an answer that takes longer than `connections / perSecond` delays
 * requests of its own connection, and theirs is counted from when they are sent.
 */
export async function latencies(
  { name, url, headers }: WebPeer,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-latency-'));
  const log = join(folder, 'log');
  const each = Math.max(1, Math.round(perSecond / connections));
  const flags = [
    '--h1',
    '-t',
    '1',
    '-c',
    String(connections),
    `--rps=${each}`,
    '-D',
    String(seconds),
    `--warm-up-time=${warmUpSeconds}`,
  ];
  const fields = headers.flatMap((header) => ['-H', header]);
  try {
    const child = spawn('h2load', [...flags, `--log-file=${log}`, ...fields, url], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
    if (code !== 0) throw new Error(`${name}: h2load said\n${said}`);
    return readLog(readFileSync(log, 'utf8'), name);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One line a request: its start in microseconds since 1970, its status, and the microseconds until its answer's end. */
function readLog(text: string, name: string): number[] {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split('\t').map(Number));
  // With the time over, h2load writes the requests under way as status 0.
  const ended = rows.filter(([, status]) => status !== 0);
  const wrong = ended.find(([, status]) => status !== 200);
  if (wrong) throw new Error(`${name}: a request ended with status ${wrong[1]}`);
  return ended.map(([, , micros]) => micros! / 1000).sort((a, b) => a - b);
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
