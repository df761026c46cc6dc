import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadManifests } from './manifest-files.js';

let dir: string;
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-manifests-'));
});
afterEach(() => fs.rmSync(dir, { recursive: true }));

function write(name: string, text: string): string {
  const file = path.join(dir, name);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, text);
  return file;
}
const names = (paths: string[]): unknown[] => loadManifests(paths).map(({ value }) => (value as { name: string }).name);

test('a directory is read in the order of its names, and only its manifests', () => {
  write('b.yml', 'name: three');
  write('a.yaml', 'name: one\n---\nname: two');
  write('sub/c.json', '{"name": "four"}');
  write('notes.txt', 'name: no');
  write('.hidden.yaml', 'name: no');
  expect(names([dir])).toEqual(['one', 'two', 'three', 'four']);
});

test('a document keeps its number although an empty one stands before it', () => {
  const file = write('a.yaml', '---\n---\nname: second\n');
  expect(loadManifests([file])).toEqual([{ file, document: 2, value: { name: 'second' } }]);
});

test('every mistake of every file is told at once, with its place', () => {
  const first = write('a.yaml', 'name: [one\n');
  const second = write('b.yaml', 'name: x\nname: y\n');
  const missing = path.join(dir, 'none.yaml');
  const load = (): unknown => loadManifests([first, second, missing]);
  expect(load).toThrow(expect.objectContaining({ exitCode: 2 }));
  try {
    load();
  } catch (error) {
    const { details } = error as { details: string[] };
    expect(details.some((line) => line.startsWith(`${first}:`))).toBe(true);
    expect(details.some((line) => line.startsWith(`${second}:2:1`))).toBe(true);
    expect(details.some((line) => line.includes('none.yaml'))).toBe(true);
  }
});

test('a document that grows without end when its aliases are followed is refused', () => {
  const bomb = ['a0: &a0 [x, x]', ...Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)];
  expect(() => loadManifests([write('bomb.yaml', bomb.join('\n'))])).toThrow(/cannot be read/);
});

test('nothing to apply is an error, not a success', () => {
  expect(() => loadManifests([dir])).toThrow(/no manifest/);
});
