import { InspectionCache, InspectionShards } from './inspection-cache.js';
import type { Catalog } from './catalog.js';
import { shopSession } from './scratch-shop.js';

test('stays within its bounds and keeps what is used', () => {
  const cache = new InspectionCache<number>(100, 1_000_000);
  cache.set('kept', -1, 1);
  for (let i = 0; i < 10_000; i++) {
    cache.set(`key ${i}`, i, 1);
    expect(cache.get('kept')).toBe(-1);
    expect(cache.count).toBeLessThanOrEqual(102);
  }
  expect(cache.get('key 1')).toBeUndefined();
});

test('is bounded by size', () => {
  const cache = new InspectionCache<number>(1_000_000, 1000);
  for (let i = 0; i < 1000; i++) cache.set(`${i}`, i, 97);
  expect(cache.count).toBeLessThanOrEqual(10);
  cache.set('too large', 1, 1000);
  expect(cache.get('too large')).toBeUndefined();
});

test('CP-10: whatever else a meaning depends on has a cache of its own', () => {
  const shards = new InspectionShards<string>(100, 1000);
  const catalog = (revision: string): Catalog => ({ revision }) as Catalog;
  const at = [
    [catalog('1'), shopSession()],
    [catalog('2'), shopSession()],
    [catalog('1'), shopSession({ searchPath: ['public', 'pg_catalog'] })],
    [catalog('1'), shopSession({ searchPath: ['pg_catalog'] })],
    [catalog('1'), shopSession({ tempRelations: new Set(['a']) })],
    [catalog('1'), shopSession({ tempRelations: new Set(['b']) })],
  ] as const;
  at.forEach(([revision, session], i) => shards.for(revision, session).texts.set('text', `${i}`, 1));
  at.forEach(([revision, session], i) => expect(shards.for(revision, session).texts.get('text')).toBe(`${i}`));
});
