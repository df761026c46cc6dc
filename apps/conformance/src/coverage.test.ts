import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requirements } from './requirements.js';

const scenarios = join(import.meta.dirname, 'scenarios');

function provedBy(protocol: string): Set<string> {
  const sources = readdirSync(join(scenarios, protocol))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(join(scenarios, protocol, name), 'utf8'));
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
