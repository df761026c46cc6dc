import { createDocumentMask, Pseudonyms, type StreamMask } from '@sallyport/masking';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { CopyBudget } from './copy-budget.js';
import { loadCopy } from './load-copy.js';
import { packet, status, strings } from './packets.js';
import type { Answer } from './target-files.js';

const limit = 1 << 20;
const handle = Buffer.from('1');

/** A target that answers one reading after another as it likes. */
class Target {
  asked = 0;

  constructor(private readonly reads: (offset: number, length: number) => Answer | undefined) {}

  ask(type: number, fields: Buffer): Promise<Answer | undefined> {
    expect(type).toBe(packet.read);
    this.asked += 1;
    const reader = new ByteReader(fields, 4 + handle.length + 4);
    return Promise.resolve(this.reads(reader.uint32(), reader.uint32()));
  }
}

const done = (): void => undefined;

function data(bytes: Buffer | string): Answer {
  return { type: packet.data, fields: strings(bytes), done };
}

function says(code: number): Answer {
  return { type: packet.status, fields: new ByteWriter(4).uint32(code).finish(), done };
}

function mask(): StreamMask {
  const pseudonyms = new Pseudonyms(new Uint8Array(32));
  return createDocumentMask({ rules: [], detectors: [{ detector: 'email', method: 'redact' }], pseudonyms }).text();
}

function load(target: Target, budget: CopyBudget): ReturnType<typeof loadCopy> {
  return loadCopy(target, { handle, mask: mask(), budget, signal: new AbortController().signal });
}

test('a text that comes byte by byte is masked as a whole', async () => {
  const text = Buffer.from('write to ann@example.com or béa@example.com, ann@example.com');
  const target = new Target((offset) => (offset < text.length ? data(text.subarray(offset, offset + 1)) : says(1)));
  const budget = new CopyBudget(1000);
  const copy = await load(target, budget);
  const shown = copy.read(0n, 1000)!.toString();
  expect(shown).not.toContain('ann@');
  expect(shown.startsWith('write to [redacted] or')).toBe(true);
  expect(budget.taken).toBe(copy.size);
  copy.release();
  copy.release();
  expect([budget.taken, copy.read(0n, 10)]).toEqual([0, undefined]);
});

test('a file that never ends is given up at the limit, and nothing of it is kept', async () => {
  const target = new Target((_offset, length) => data(Buffer.alloc(length, 'a')));
  const budget = new CopyBudget(4 * limit);
  await expect(load(target, budget)).rejects.toThrow('larger than 1048576 bytes');
  expect(target.asked).toBe(17);
  expect(budget.taken).toBe(0);
});

test.each([
  ['nothing, again and again', () => data('')],
  ['more than was asked for', (_offset: number, length: number) => data(Buffer.alloc(length + 1, 'a'))],
  ['that it may not', () => says(status.denied)],
  ['that it is fine', () => says(status.ok)],
  ['a handle', () => ({ ...data('a'), type: packet.handle })],
  ['no more', () => undefined],
])(
  'a target that answers %s has no file to show',
  async (_name, reads: (offset: number, length: number) => Answer | undefined) => {
    const budget = new CopyBudget(limit);
    await expect(load(new Target(reads), budget)).rejects.toThrow('could not be read');
    expect(budget.taken).toBe(0);
  },
);

test('a target that breaks off in the middle shows nothing', async () => {
  const budget = new CopyBudget(limit);
  const target = new Target((offset) => (offset === 0 ? data('first half\n') : undefined));
  await expect(load(target, budget)).rejects.toThrow('could not be read');
  expect(budget.taken).toBe(0);
});

test('what becomes longer by its mask needs the room for that', async () => {
  const text = Buffer.from('a@b.co '.repeat(1000));
  const target = new Target((offset) => (offset < text.length ? data(text.subarray(offset)) : says(1)));
  const budget = new CopyBudget(text.length + 100);
  await expect(load(target, budget)).rejects.toThrow('try again later');
  expect(budget.taken).toBe(0);
});

test('a budget that is a part of another takes from both', () => {
  const whole = new CopyBudget(10);
  const [one, other] = [new CopyBudget(8, whole), new CopyBudget(8, whole)];
  expect([one.take(9), one.take(8), other.take(3), other.take(2)]).toEqual([false, true, false, true]);
  expect(whole.taken).toBe(10);
  one.giveBack(8);
  expect([whole.taken, other.take(6), other.take(1)]).toEqual([2, true, false]);
});
