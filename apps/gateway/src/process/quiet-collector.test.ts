import { getHeapSpaceStatistics } from 'node:v8';
import { QuietCollector, runtimeParts } from './quiet-collector.js';

const megabyte = 1024 * 1024;

function watched(): { collector: QuietCollector; see: (busy: number, megabytes: number) => number } {
  let utilisation = 0;
  let heap = 40;
  let collections = 0;
  const collector = new QuietCollector({
    utilisation: () => utilisation,
    heapBytes: () => heap * megabyte,
    collect: () => {
      collections += 1;
      heap = 45;
    },
  });
  return {
    collector,
    see: (busy, megabytes) => {
      utilisation = busy;
      heap = megabytes;
      collector.look();
      return collections;
    },
  };
}

test('memory is given back once a burst is over, and not while it lasts', () => {
  const { see } = watched();
  expect(see(0.9, 200)).toBe(0);
  expect(see(0.3, 200)).toBe(0);
  expect(see(0.11, 200)).toBe(0);
  expect(see(0.05, 200)).toBe(1);
});

test('one collection does not follow another: each of them is a pause', () => {
  const { see } = watched();
  const collections = Array.from({ length: 9 }, () => see(0, 200));
  expect(collections).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 3]);
});

test('a heap that did not grow is left alone, also when it stays large', () => {
  const { see } = watched();
  expect(see(0, 60)).toBe(0);
  expect(see(0, 200)).toBe(1);
  // 45 MB stay.
  for (let look = 0; look < 3; look += 1) expect(see(0, 45)).toBe(1);
  expect(see(0, 68)).toBe(1);
  expect(see(0, 70)).toBe(2);
});

test('what the runtime shrank to by itself is what growth is measured from', () => {
  const { see } = watched();
  expect(see(0.9, 20)).toBe(0);
  expect(see(0, 45)).toBe(1);
});

test('what a burst made the young generation grow to is given back', () => {
  const { collect } = runtimeParts();
  const young = (): number =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')!.space_size / megabyte;
  let held: unknown[] = [];
  for (let made = 0; young() < 32 && made < 2e7; made += 1) {
    held.push({ made, text: `text ${made}` });
    if (held.length > 100_000) held = [];
  }
  expect(young()).toBeGreaterThanOrEqual(32);
  held = [];
  collect();
  expect(young()).toBeLessThan(8);
});

test("the runtime's own collector is used, and is out of everybody else's reach", async () => {
  const { collect, heapBytes, utilisation } = runtimeParts();
  const held = new WeakRef(Array.from({ length: 1000 }, (_, at) => ({ at })));
  // A turn keeps what a weak reference was made of in it.
  await new Promise((resolve) => setTimeout(resolve, 10));
  collect();
  expect(held.deref()).toBeUndefined();
  expect('gc' in globalThis).toBe(false);
  expect(heapBytes()).toBeGreaterThan(megabyte);
  expect(utilisation()).toBeLessThanOrEqual(1);
});
