import { spawnSync } from 'node:child_process';
import { CliError } from '../../exit-codes.js';

/** `nobody` and `nogroup` on every Linux we support. */
const nobody = 65534;

/** As whom PostgreSQL runs: it refuses to run as root, so root gives its privileges up for it. */
export function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
}

/** Whether PostgreSQL's user can reach the directory: asked of the kernel, which knows of ACLs and mounts as well. */
export function canReach(directory: string): boolean {
  const result = spawnSync('/bin/sh', ['-c', 'cd -- "$1"', 'sh', directory], {
    ...unprivileged(),
    cwd: '/',
    stdio: 'ignore',
  });
  if (result.error) throw new CliError(`cannot run a process as user ${nobody}: ${result.error.message}`);
  return result.status === 0;
}
