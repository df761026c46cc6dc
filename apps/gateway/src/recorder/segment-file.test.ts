import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { eventually } from '../testing-control-plane.js';
import { temporaryDirectory } from '../testing-gateway.js';
import { SegmentFile } from './segment-file.js';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (directory = temporaryDirectory()));
afterEach(() => directory.remove());

const never = (error: Error): never => {
  throw error;
};

test('what is written while a sync is under way is not taken for synced, and the next sync covers it', async () => {
  const segment = new SegmentFile(directory.path, randomUUID(), 0);
  segment.append(Buffer.alloc(1000));
  const before = segment.size;
  expect(segment.sync(never)).toBe(true);
  segment.append(Buffer.alloc(500));
  expect(segment.sync(never)).toBe(false);
  await eventually(() => segment.synced > 0);
  expect(segment.synced).toBe(before);
  expect(segment.sync(never)).toBe(true);
  await eventually(() => segment.synced === segment.size);
  expect(segment.sync(never)).toBe(true);
});

test('a sealed segment gets the rest of its sync by itself', async () => {
  const segment = new SegmentFile(directory.path, randomUUID(), 0);
  segment.append(Buffer.alloc(1000));
  segment.sync(never);
  segment.append(Buffer.alloc(1000));
  const path = segment.seal(never);
  expect(existsSync(path)).toBe(true);
  await eventually(() => segment.synced === segment.size);
});
