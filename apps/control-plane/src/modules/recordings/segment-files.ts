import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SegmentPlace {
  readonly sessionId: string;
  readonly index: number;
  /** Hex. Part of the place: other bytes never replace the ones that are there. */
  readonly sha256: string;
}

/** Where segments are kept. Both throw on any failure of the storage. */
export interface SegmentStorage {
  /** Returns when the bytes would survive a loss of power. Writing the same segment again is harmless. */
  write(place: SegmentPlace, bytes: Buffer): Promise<void>;
  read(place: SegmentPlace): Promise<Buffer>;
}

/** Injection token. */
export const SEGMENT_STORAGE = Symbol('SegmentStorage');

/** Throws, with a sentence for whoever configures it, unless the address is a file:// one. */
export function openSegmentStorage(recordingsUrl: string): SegmentStorage {
  const url = URL.parse(recordingsUrl);
  if (url?.protocol !== 'file:') {
    throw new Error(
      `RECORDINGS_URL: this version stores recordings to file:// only, not to ${url?.protocol ?? 'that'}`,
    );
  }
  if (url.host !== '')
    throw new Error('RECORDINGS_URL: a file:// address names no host, as in file:///var/lib/sallyport');
  return new SegmentFiles(fileURLToPath(url));
}

/** One file per segment, written beside its place and moved there, so a reader never sees half of one. */
class SegmentFiles implements SegmentStorage {
  constructor(private readonly root: string) {}

  async write(place: SegmentPlace, bytes: Buffer): Promise<void> {
    const target = this.#pathOf(place);
    const directory = dirname(target);
    await makeDirectory(directory);
    const temporary = `${target}.${randomUUID()}.part`;
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    await syncDirectory(directory);
  }

  async read(place: SegmentPlace): Promise<Buffer> {
    return readFile(this.#pathOf(place));
  }

  /** Spread over 256 folders by the hash of the id, so that no folder grows without bound. */
  #pathOf({ sessionId, index, sha256 }: SegmentPlace): string {
    const plain = /^[0-9a-f-]{36}$/.test(sessionId) && /^[0-9a-f]{64}$/.test(sha256);
    if (!plain || !Number.isSafeInteger(index) || index < 0) throw new RangeError('not the place of a segment');
    const shard = createHash('sha256').update(sessionId).digest('hex').slice(0, 2);
    return join(this.root, shard, sessionId, `${String(index).padStart(8, '0')}.${sha256}.segment`);
  }
}

/** Each new folder is made durable in the one above it. */
async function makeDirectory(directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 });
  for (let at = directory; first !== undefined && at.length >= first.length; at = dirname(at)) {
    await syncDirectory(dirname(at));
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
