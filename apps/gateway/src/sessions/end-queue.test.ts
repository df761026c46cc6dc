import { EndQueue } from './end-queue.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));
async function emptied(queue: EndQueue): Promise<number> {
  let turns = 0;
  for (; queue.size > 0; turns += 1) await turn();
  return turns;
}

test('every connection is cut before the first recording is finished, also of those that come while it works', async () => {
  const queue = new EndQueue();
  const done: string[] = [];
  for (const name of ['a', 'b']) {
    queue.cut(() => {
      done.push(`cut ${name}`);
      queue.afterwards(() => done.push(`finish ${name}`));
      if (name === 'a') queue.cut(() => done.push('cut c'));
    });
  }
  expect(done).toEqual([]);
  await emptied(queue);
  expect(done).toEqual(['cut a', 'cut b', 'cut c', 'finish a', 'finish b']);
});

test('the network gets its turn while many are cut', async () => {
  const queue = new EndQueue();
  const slow = () => {
    const end = performance.now() + 2;
    while (performance.now() < end);
  };
  for (let index = 0; index < 20; index += 1) queue.cut(slow);
  expect(await emptied(queue)).toBeGreaterThan(5);
});
