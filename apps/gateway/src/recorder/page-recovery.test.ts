import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { placeBytes, sessionIdBytes, writePlace } from '@sallyport/recording';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import { pageFile } from './page-file.js';
import {
  checkpointWords,
  contentBytes,
  encodeHead,
  lengthWord,
  pageHeadBytes,
  pageStride,
  sessionIdAt,
} from './page-format.js';
import { replayPages } from './page-recovery.js';
import { segmentFile } from './segment-names.js';

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (directory = temporaryDirectory()));
afterEach(() => directory.remove());

const boot = randomUUID();
const sessionId = randomUUID();
const segment = segmentFile({ sessionId, index: 0, state: 'open' });
const at = (name: string): string => join(directory.path, name);

/** A frame whose payload is one letter; told by its offsets alone. */
const frame = (letter: string): Buffer => Buffer.from([4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, letter.charCodeAt(0)]);
const frames = (letters: string): Buffer => Buffer.concat([...letters].map(frame));
const run = (offset: number, letters: string): Buffer => {
  const place = Buffer.alloc(placeBytes);
  writePlace(place, 0, { index: 0, offset: offset * frame('x').length });
  return Buffer.concat([place, frames(letters)]);
};

interface PageOptions {
  readonly length?: number;
  /** Lengths that the checkpoints cover; a negative one is wrong. */
  readonly checkpoints?: readonly [number, number];
}

function page(content: Buffer, { length = content.length, checkpoints = [0, 0] }: PageOptions = {}): Buffer {
  const bytes = Buffer.alloc(pageStride);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, pageHeadBytes / 4);
  words[lengthWord] = length;
  bytes.set(sessionIdBytes(sessionId), sessionIdAt);
  bytes.set(content, pageHeadBytes);
  checkpoints.forEach((covered, which) => {
    const sum = crc32(bytes.subarray(sessionIdAt, pageHeadBytes + Math.abs(covered)));
    words[checkpointWords[which]!] = Math.abs(covered);
    words[checkpointWords[which]! + 1] = covered < 0 ? ~sum : sum;
  });
  return bytes;
}

const put = (...pages: Buffer[]): void => writeFileSync(at(pageFile), Buffer.concat([encodeHead(boot), ...pages]));

/** The letters that the segment has afterwards. */
function replayed(present = boot): string {
  replayPages(directory.path, silentLog, () => present);
  expect(existsSync(at(pageFile))).toBe(false);
  const content = readFileSync(at(segment));
  return Array.from({ length: content.length / 14 }, (_, index) => String.fromCharCode(content[index * 14 + 13]!)).join(
    '',
  );
}

test('runs continue their segment wherever it ended, in whatever order pages hold them', () => {
  writeFileSync(at(segment), frames('abcde'));
  put(page(Buffer.concat([run(6, 'gh'), run(8, 'i')])), page(run(0, 'abc')), page(run(3, 'def')));
  expect(replayed()).toBe('abcdefghi');
});

test('nothing follows a gap', () => {
  writeFileSync(at(segment), frames('abc'));
  put(page(run(3, 'def')), page(run(7, 'hij')));
  expect(replayed()).toBe('abcdef');
});

test('a segment that was sealed or delivered is left alone', () => {
  put(page(run(0, 'abc')));
  replayPages(directory.path, silentLog, () => boot);
  expect(readdirSync(directory.path)).toEqual([]);
});

test('what was not published does not count, whatever is there', () => {
  writeFileSync(at(segment), frames('a'));
  const content = run(1, 'bcd');
  put(page(content, { length: content.length - 14 }), page(run(3, 'x'), { length: 0 }));
  expect(replayed()).toBe('abc');
});

const three = run(1, 'bcd');
const two = three.length - 14;
test.each<[string, PageOptions, string]>([
  ['no checkpoint is there', {}, 'a'],
  ['one is', { checkpoints: [two, 0] }, 'abc'],
  ['both are right, the longer counts', { checkpoints: [two, three.length] }, 'abcd'],
  ['the newer came without what it covers', { checkpoints: [two, -three.length] }, 'abc'],
  ['both did', { checkpoints: [-two, -three.length] }, 'a'],
  ['a checkpoint is longer than a page', { checkpoints: [two, contentBytes + 1] }, 'abc'],
])('under another kernel the published length counts for nothing: %s', (_, options, expected) => {
  writeFileSync(at(segment), frames('a'));
  put(page(three, options));
  expect(replayed(randomUUID())).toBe(expected);
});

test.each([
  ['is no place', Buffer.from('nothing of the kind')],
  ['is an unknown frame', Buffer.concat([run(1, 'b'), Buffer.from([99, 0, 0, 0, 1])])],
  ['is a frame longer than the page', Buffer.concat([run(1, 'b'), Buffer.from([4, 255, 255, 255, 255]), frames('c')])],
])('what %s ends its page', (_, content) => {
  writeFileSync(at(segment), frames('a'));
  put(page(content), page(run(1, 'bc')));
  expect(replayed()).toBe('abc');
});

test('a length that no page has is cut to one', () => {
  writeFileSync(at(segment), frames('a'));
  put(page(run(1, 'b'), { length: 0xffffffff }));
  expect(replayed()).toBe('ab');
});

test('pages of another version stay, under another name', () => {
  const file = Buffer.concat([encodeHead(boot), page(run(0, 'a'))]);
  file[4] = 9;
  writeFileSync(at(pageFile), file);
  replayPages(directory.path, silentLog, () => boot);
  expect(readdirSync(directory.path)).toEqual([`${pageFile}.unreadable`]);
});

test.each([0, 3, 4095, 4096, 5000])('a file cut to %i bytes has no pages', (length) => {
  put(page(run(0, 'a')));
  writeFileSync(at(pageFile), readFileSync(at(pageFile)).subarray(0, length));
  writeFileSync(at(segment), '');
  expect(replayed()).toBe('');
});
