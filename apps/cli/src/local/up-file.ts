import fs from 'node:fs';
import path from 'node:path';
import { writePrivateFile } from './private-file.js';

/** What a running `sallyport up` tells other programs, in DIR/up.json with mode 0600. */
export interface UpFile {
  readonly api: string;
  /** Path of the authority's certificate, PEM. */
  readonly ca: string;
  readonly adminToken: string;
  readonly gateway: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /** Keys of the demo's service accounts, by name. */
  readonly demo?: Readonly<Record<string, string>>;
  /** The demo's development issuer: where its people sign in, and who signs its workload tokens. */
  readonly demoIssuer?: string;
}

export function upFilePath(data: string): string {
  return path.join(data, 'up.json');
}

export function writeUpFile(data: string, content: UpFile): void {
  writePrivateFile(upFilePath(data), `${JSON.stringify(content, undefined, 2)}\n`);
}

/** Undefined when there is none, or when it is not one. */
export function readUpFile(data: string): UpFile | undefined {
  try {
    const content = JSON.parse(fs.readFileSync(upFilePath(data), 'utf8')) as Partial<UpFile>;
    const { api, ca, adminToken, gateway } = content;
    if (typeof api !== 'string' || !URL.canParse(api) || typeof ca !== 'string') return undefined;
    if (typeof adminToken !== 'string' || typeof gateway !== 'object' || gateway === null) return undefined;
    return content as UpFile;
  } catch {
    return undefined;
  }
}
