import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Peer } from './peers.js';

export interface Load {
  readonly name: string;
  /** One transaction, in pgbench's script language. */
  readonly script: string;
  readonly protocol: 'simple' | 'extended' | 'prepared';
  readonly clients: number;
}

/** Transactions per second of one bounded run. Rejects when pgbench reports any error. */
export async function pgbench(load: Load, peer: Peer, seconds: number): Promise<number> {
  const file = join(mkdtempSync(join(tmpdir(), 'sallyport-pgbench-')), 'script.sql');
  writeFileSync(file, load.script);
  const args = [
    ...['-h', '127.0.0.1', '-p', String(peer.port), '-U', peer.user],
    ...['-n', '-f', file, '-M', load.protocol, '-c', String(load.clients), '-j', '1', '-T', String(seconds), 'shop'],
  ];
  const env = { PATH: process.env['PATH'], PGPASSWORD: peer.password, PGSSLMODE: 'disable', LC_ALL: 'C' };
  const child = spawn('pgbench', args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const tps = /tps = ([\d.]+)/.exec(output)?.[1];
  if (code !== 0 || tps === undefined) throw new Error(`${load.name} on ${peer.name}: pgbench said\n${output}`);
  return Number(tps);
}
