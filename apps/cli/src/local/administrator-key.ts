import fs from 'node:fs';
import path from 'node:path';
import { writePrivateFile } from './private-file.js';
import { readUpFile, writeUpFile } from './up-file.js';

/** The administrator's key of a local installation, an ordinary one: DIR/admin.key keeps it, DIR/up.json shows it while `up` runs. */
export function storedAdministratorKey(data: string): string | undefined {
  const file = keyFile(data);
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : undefined;
}

export function storeAdministratorKey(data: string, key: string): void {
  writePrivateFile(keyFile(data), `${key}\n`);
}

/**
 * After a rotation: where this installation's own key was rotated, what is kept of it follows, so that a running `up` and
 * whoever reads up.json go on with the new one. True when it was that key.
 */
export function followRotation(data: string, rotated: { readonly id: string; readonly key: string }): boolean {
  const own = storedAdministratorKey(data);
  if (own === undefined || own.split('_')[1] !== rotated.id) return false;
  storeAdministratorKey(data, rotated.key);
  const running = readUpFile(data);
  if (running) writeUpFile(data, { ...running, adminToken: rotated.key });
  return true;
}

function keyFile(data: string): string {
  return path.join(data, 'admin.key');
}
