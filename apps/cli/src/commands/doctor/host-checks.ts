import fs from 'node:fs';
import path from 'node:path';
import { upFilePath } from '../../local/up-file.js';
import type { Check } from './check.js';

/** Files that only their owner may read, where there is a local installation. */
const secrets = ['up.json', 'admin.key', 'master.key', 'postgres.password', 'ca.key', 'api.key', 'gateway.key'];
const minFreeBytes = 1024 ** 3;

export function hostChecks(data: string): Check[] {
  const major = Number(process.versions.node.split('.')[0]);
  const node: Check = { name: 'Node', state: major >= 24 ? 'ok' : 'failed', detail: process.versions.node };
  return fs.existsSync(upFilePath(data)) ? [node, secretFiles(data), freeSpace(data)] : [node];
}

function secretFiles(data: string): Check {
  const open = secrets.filter((name) => {
    const stat = fs.statSync(path.join(data, name), { throwIfNoEntry: false });
    return stat !== undefined && (stat.mode & 0o077) !== 0;
  });
  const name = 'secret files';
  if (open.length === 0) return { name, state: 'ok', detail: `only their owner can read those in ${data}` };
  return { name, state: 'failed', detail: `others can read ${open.join(', ')} in ${data}: chmod 600` };
}

function freeSpace(data: string): Check {
  const { bavail, bsize } = fs.statfsSync(data);
  const free = bavail * bsize;
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free in ${data}`;
  return { name: 'disk', state: free > minFreeBytes ? 'ok' : 'warning', detail };
}
