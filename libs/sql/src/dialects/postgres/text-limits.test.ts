import { defaultTextLimits, textProblem } from './text-limits.js';

const problem = (text: string): string | undefined => textProblem(text, defaultTextLimits)?.message;

test.each([
  ['brackets', `SELECT ${'('.repeat(5000)}`],
  ['subscripts', `SELECT a${'[b'.repeat(5000)}`],
  ['operators', `SELECT 1${'+1'.repeat(5000)}`],
  ['casts', `SELECT 1${'::int'.repeat(5000)}`],
  ['operators between calls', `SELECT 1${'+f(1)'.repeat(5000)}`],
  ['AND', `SELECT true${' AND true'.repeat(50_000)}`],
  ['COLLATE', `SELECT a${' COLLATE x'.repeat(50_000)}`],
])('a long chain of %s is nested too deeply', (_, text) => {
  expect(problem(text)).toBe('the text is nested too deeply');
});

test.each([
  ['UNION', `SELECT 1, 2${' UNION SELECT 1, 2'.repeat(5000)}`],
  ['joins', `SELECT 1 FROM a${', a JOIN b USING (c)'.repeat(5000)}`],
  ['list items', `SELECT 1 WHERE 1 IN (${'1,'.repeat(500_000)}1)`],
])('too many %s are too many parts', (_, text) => {
  expect(problem(text)).toBe('the text has too many parts');
});

test('honest large texts pass', () => {
  const row = '($1, $2::uuid, now(), 3.14, -1)';
  expect(problem(`INSERT INTO t VALUES ${Array(5000).fill(row).join(', ')}`)).toBeUndefined();
  expect(problem(`SELECT '${'('.repeat(500_000)}'`)).toBeUndefined();
  expect(problem(`SELECT 1 WHERE id IN (${Array(50_000).fill('1').join(',')})`)).toBeUndefined();
  expect(problem(`SELECT 1 WHERE ${Array(500).fill('(a = 1 AND b = 2)').join(' OR ')}`)).toBeUndefined();
});

test('the size is in bytes', () => {
  const limits = { ...defaultTextLimits, maxBytes: 100 };
  expect(textProblem('a'.repeat(100), limits)).toBeUndefined();
  expect(textProblem('a'.repeat(101), limits)?.message).toMatch(/longer than 100 bytes/);
  expect(textProblem('é'.repeat(51), limits)?.message).toMatch(/longer than 100 bytes/);
});

test('NUL and lone surrogates are refused, pairs are not', () => {
  expect(textProblem('SELECT 1\0;', defaultTextLimits)).toEqual({
    message: 'the text contains a NUL character',
    position: 9,
  });
  expect(problem("SELECT '\udc00'")).toBe('the text is not valid Unicode');
  expect(problem("SELECT '\ud83d'")).toBe('the text is not valid Unicode');
  expect(problem("SELECT '😀'")).toBeUndefined();
});
