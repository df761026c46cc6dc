import fc from 'fast-check';
import { TextTranscript } from './text-transcript.js';

const all = (pieces: readonly Buffer[]): string[] => {
  const transcript = new TextTranscript();
  return [...pieces.flatMap((piece) => transcript.push(piece)), ...transcript.end()];
};

test('an answer reads line by line, however it was cut', () => {
  const bytes = Buffer.from('HTTP/1.1 200\r\ncontent-type: application/json\r\n\r\n{"name":"Ünal"}\n{"x":1}');
  const lines = ['HTTP/1.1 200', 'content-type: application/json', '', '{"name":"Ünal"}', '{"x":1}'];
  expect(all([bytes])).toEqual(lines);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length }), fc.integer({ min: 0, max: bytes.length }), (a, b) => {
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      expect(all([bytes.subarray(0, from), bytes.subarray(from, to), bytes.subarray(to)])).toEqual(lines);
    }),
  );
});

test('SH-21: escapes of a terminal are shown, not obeyed', () => {
  expect(all([Buffer.from('a\x1b]52;c;ZXZpbA==\x07b\u202Ec\n')])).toEqual(['a\\x1b]52;c;ZXZpbA==\\x07b\\u{202e}c']);
});

test('what is no text is told by its size, once', () => {
  expect(all([Buffer.from('ok\n'), Buffer.from([0, 1, 2]), Buffer.from([0, 9]), Buffer.from('on\n')])).toEqual([
    'ok',
    '-- 5 bytes that are no text',
    'on',
  ]);
});

test('text beside what is none is still read, also in one read', () => {
  const lines = all([Buffer.concat([Buffer.alloc(5000), Buffer.from(`${'a line\n'.repeat(3000)}`), Buffer.alloc(10)])]);
  expect(lines[0]).toMatch(/^-- \d{4} bytes that are no text$/);
  expect(lines.filter((line) => line === 'a line').length).toBeGreaterThan(1500);
  expect(lines.at(-1)).toMatch(/^-- \d+ bytes that are no text$/);
});

test('what belongs to another request begins a line of its own', () => {
  const transcript = new TextTranscript();
  expect(transcript.push(Buffer.from('half'))).toEqual([]);
  expect(transcript.turn()).toEqual(['half']);
  expect(transcript.push(Buffer.from('new\n'))).toEqual(['new']);
});

test('a line without an end does not grow', () => {
  const lines = all([Buffer.alloc(10_000, 'x')]);
  expect(lines.map(({ length }) => length)).toEqual([4000, 4000, 2000]);
});
