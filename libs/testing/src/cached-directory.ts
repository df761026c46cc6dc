import { chmodSync, lstatSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder below the system's temporary folder that is built at most once and shared by every test process. It appears
 * under its final name only when `build` has finished, so parallel workers never see half of it.
 */
export function cachedDirectory(name: string, build: (directory: string) => void): string {
  const final = join(tmpdir(), `sallyport-${process.getuid?.() ?? 0}-${name}`);
  if (isOurs(final)) return final;
  const draft = mkdtempSync(`${final}-`);
  try {
    // Traversable, because what lies inside may belong to a user with fewer privileges; the parts guard themselves.
    chmodSync(draft, 0o755);
    build(draft);
    renameSync(draft, final);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another worker was faster: rename refuses to replace a folder that is not empty.
    if (!isOurs(final)) throw error;
  }
  return final;
}

/** Another user of this machine must not be able to slip us a folder of their own making. */
function isOurs(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return false;
  if (!stat.isDirectory() || (process.getuid && stat.uid !== process.getuid())) {
    throw new Error(`${path} exists and is not a folder of this user`);
  }
  return true;
}
