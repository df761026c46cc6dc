import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesThatRun } from './files-that-run.js';
import { testTitles } from './test-titles.js';
import { threatCases } from './threat-cases.js';

const root = join(import.meta.dirname, '../../..');
const ids = threatCases.map(({ id }) => id);

/** Ids stand at the front: `ID-01: ...` or `ID-01, ID-05: ...`. */
function idsOf(title: string): string[] {
  return /^((?:[A-Z][A-Z\d]-\d{2}, )*[A-Z][A-Z\d]-\d{2}): /.exec(title)?.[1]?.split(', ') ?? [];
}

function testFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return /^(node_modules|dist)$/.test(entry.name) ? [] : testFiles(join(folder, entry.name));
    return entry.name.endsWith('.test.ts') ? filesThatRun(join(folder, entry.name)) : [];
  });
}

const proved = new Map<string, Set<string>>();
beforeAll(() => {
  for (const path of ['apps', 'libs'].flatMap((folder) => testFiles(join(root, folder)))) {
    for (const id of testTitles(readFileSync(path, 'utf8')).flatMap(idsOf)) {
      proved.set(id, (proved.get(id) ?? new Set()).add(path));
    }
  }
});

afterAll(() => {
  for (const { id, untested, without } of threatCases) {
    if (untested) process.stderr.write(`${id} has no test: ${untested}\n`);
    if (without) process.stderr.write(`${id} is not all built: ${without}\n`);
  }
});

test('every case of the threat list has a test that names it, or a reason', () => {
  expect(threatCases.filter(({ id, untested }) => !proved.has(id) && !untested).map(({ id }) => id)).toEqual([]);
});

test('no case that is tested is excused', () => {
  expect(threatCases.filter(({ id, untested }) => proved.has(id) && untested).map(({ id }) => id)).toEqual([]);
});

test('no test names a case of these kinds that is not in the list', () => {
  const named = [...proved.keys()].filter((id) => /^(ID|SA|AP|CP|HT|K8|SH)-/.test(id));
  expect(named.filter((id) => !ids.includes(id))).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
});

test('what runs names cases; what is skipped, said in passing or to come does not', () => {
  // One sample for each way of writing a test that does not run, or is not meant to pass.
  const idle = ['skip', 'todo', 'failing'].map((way, at) => `test.${way}('ID-1${at}: no', () => undefined);`);
  const idleRows = ['skip', 'failing'].map(
    (way, at) => `test.${way}.each([['ID-2${at}: no']])('%s', () => undefined);`,
  );
  const source = `
    const rows = [['ID-01: a'], [\`ID-02: \${b}\`]];
    test.each(rows)('%s', () => 'ID-03: body');
    test.each([['ID-04: c', 1]])('%s', () => undefined);
    test('ID-05, ID-06: d', () => expect('ID-07: no').toBe(1));
    ${idle.join('\n    ')}
    ${idleRows.join('\n    ')}
    // test('ID-30: no')
  `;
  expect(testTitles(source).flatMap(idsOf)).toEqual(['ID-01', 'ID-02', 'ID-04', 'ID-05', 'ID-06']);
});
