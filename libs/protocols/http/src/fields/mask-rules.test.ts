import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Pseudonyms } from '@sallyport/masking';
import { MaskCache } from './mask-rules.js';

const rules = (...paths: string[]) => ({
  fields: paths.map((path) => ({ path, method: 'redact' as const })),
  detectors: [],
});
const aliases = (request: number) =>
  Array.from({ length: 1000 }, (_, index) => `$.data.a${request}_${index}${'x'.repeat(80)}`);

test('masks for rules that are alike are one', () => {
  const cache = new MaskCache(new Pseudonyms(new Uint8Array(32)));
  expect(cache.mask(rules('$.email'))).toBe(cache.mask(rules('$.email')));
  expect(cache.mask(rules('$.email'))).not.toBe(cache.mask(rules('$.name')));
});

test('what is kept does not grow with the aliases that a client makes up', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const cache = new MaskCache(new Pseudonyms(new Uint8Array(32)));
  const before = used();
  for (let index = 0; index < 100; index += 1) cache.mask(rules(...aliases(index)));
  expect(used() - before).toBeLessThan(10_000_000);
  expect(cache.mask(rules('$.email'))).toBe(cache.mask(rules('$.email')));
});
