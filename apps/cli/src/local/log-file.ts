import fs from 'node:fs';
import path from 'node:path';

const rotateAtBytes = 10 * 1024 * 1024;

export interface LogFile {
  readonly data: string;
  readonly name: string;
}

export function logPath({ data, name }: LogFile): string {
  return path.join(data, 'logs', `${name}.log`);
}

/** A descriptor to append to; the former log is kept as `.1` once it is large. The caller closes it. */
export function openLog(log: LogFile): number {
  const file = logPath(log);
  fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  if (fs.existsSync(file) && fs.statSync(file).size > rotateAtBytes) fs.renameSync(file, `${file}.1`);
  return fs.openSync(file, 'a', 0o600);
}

/** The newest lines, for an error message. */
export function tailOf(log: LogFile, lines = 12): string[] {
  const file = logPath(log);
  if (!fs.existsSync(file)) return [];
  const size = fs.statSync(file).size;
  const handle = fs.openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(Math.min(size, 16_384));
    fs.readSync(handle, buffer, 0, buffer.length, size - buffer.length);
    return [`${file} ends with:`, ...buffer.toString('utf8').trimEnd().split('\n').slice(-lines)];
  } finally {
    fs.closeSync(handle);
  }
}
