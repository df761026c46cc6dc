import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesThatRun } from './files-that-run.js';
import { requirements } from './requirements.js';

const scenarios = join(import.meta.dirname, 'scenarios');

function provedBy(protocol: string): Set<string> {
  const sources = readdirSync(join(scenarios, protocol))
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => filesThatRun(join(scenarios, protocol, name)))
    .map((file) => readFileSync(file, 'utf8'));
  const call = new RegExp(`(?:proves|knownGap)\\(\\s*'${protocol}',\\s*'([^']+)'`, 'g');
  return new Set(sources.flatMap((source) => [...source.matchAll(call)].map((match) => match[1]!)));
}

test.each(['postgres', 'http', 'kubernetes', 'ssh'] as const)('every requirement of %s has a test', (protocol) => {
  const proved = provedBy(protocol);
  const wanted = requirements.filter((each) => each.protocols.includes(protocol)).map((each) => each.id);
  expect(wanted.filter((id) => !proved.has(id))).toEqual([]);
});

test('no two requirements share an id', () => {
  expect(new Set(requirements.map((each) => each.id)).size).toBe(requirements.length);
});

test('every module of the scenarios is registered by a test file', () => {
  for (const protocol of readdirSync(scenarios)) {
    const names = readdirSync(join(scenarios, protocol)).map((name) => join(scenarios, protocol, name));
    const run = new Set(names.filter((name) => name.endsWith('.test.ts')).flatMap(filesThatRun));
    expect([protocol, names.filter((name) => !run.has(name))]).toEqual([protocol, []]);
  }
});
