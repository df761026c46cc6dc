import { open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { initialChain } from '@sallyport/recording';
import { z } from 'zod';
import { chainFile } from './segment-names.js';

/** How far a recording has been acknowledged. */
export interface ChainState {
  /** Index of the first segment that is not acknowledged. */
  readonly next: number;
  /** Chain value before that segment. */
  readonly chain: Buffer;
}

const stored = z.object({ next: z.int().min(0), chain: z.string().regex(/^[0-9a-f]{64}$/) });

export function startOfChain(sessionId: string): ChainState {
  return { next: 0, chain: initialChain(sessionId) };
}

/** Undefined when nothing was acknowledged before. Rejects when the file is damaged. */
export async function readChainState(directory: string, sessionId: string): Promise<ChainState | undefined> {
  let text: string;
  try {
    text = await readFile(join(directory, chainFile(sessionId)), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const { next, chain } = stored.parse(JSON.parse(text));
  return { next, chain: Buffer.from(chain, 'hex') };
}

/** On the disk when it resolves: only then may the acknowledged segment be deleted. */
export async function writeChainState(directory: string, sessionId: string, state: ChainState): Promise<void> {
  const path = join(directory, chainFile(sessionId));
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify({ next: state.next, chain: state.chain.toString('hex') }));
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

export async function removeChainState(directory: string, sessionId: string): Promise<void> {
  await rm(join(directory, chainFile(sessionId)), { force: true });
}
