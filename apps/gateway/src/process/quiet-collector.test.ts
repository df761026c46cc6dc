import { getHeapStatistics } from 'node:v8';
import { QuietCollector } from './quiet-collector.js';

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
  expect(see(0.2, 200)).toBe(0);
  expect(see(0.05, 200)).toBe(1);
});

test('a heap that did not grow is left alone, also when it stays large', () => {
  const { see } = watched();
  expect(see(0, 60)).toBe(0);
  expect(see(0, 200)).toBe(1);
  // 45 MB stay.
  expect(see(0, 45)).toBe(1);
  expect(see(0, 68)).toBe(1);
  expect(see(0, 70)).toBe(2);
});

test('what the runtime shrank to by itself is what growth is measured from', () => {
  const { see } = watched();
  expect(see(0.9, 20)).toBe(0);
  expect(see(0, 45)).toBe(1);
});

test("the runtime's own collector is used, and out of everybody else's reach", () => {
  const collector = new QuietCollector();
  const grown = litter();
  // Without a span of its own the event loop counts as idle.
  collector.look();
  expect(getHeapStatistics().total_heap_size).toBeLessThan(grown - 16 * megabyte);
  expect('gc' in globalThis).toBe(false);
});

/** Leaves much behind that nobody needs. Returns what the heap took meanwhile; bytes. */
function litter(): number {
  const garbage = Array.from({ length: 400_000 }, (_, at) => ({ at, text: `${at} of many` }));
  return garbage.length > 0 ? getHeapStatistics().total_heap_size : 0;
}
