import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** Writes a file that only its owner reads, whole or not at all: a reader never sees half of it. */
export function writePrivateFile(file: string, content: string | Uint8Array, mode = 0o600): void {
  const temporary = path.join(path.dirname(file), `.${path.basename(file)}.${randomBytes(6).toString('hex')}`);
  const handle = fs.openSync(temporary, 'wx', mode);
  try {
    fs.writeFileSync(handle, content);
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
  fs.renameSync(temporary, file);
}

/** The secret in the file, made and stored on first use. */
export function storedSecret(file: string, make: () => string): string {
  if (fs.existsSync(file)) return fs.readFileSync(file, 'utf8').trim();
  const secret = make();
  writePrivateFile(file, `${secret}\n`);
  return secret;
}

/** 256 random bits, base64url: fits passwords, tokens and connection strings without quoting. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}
