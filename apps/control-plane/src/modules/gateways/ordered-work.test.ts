import { OrderedWork } from './ordered-work.js';

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('one key keeps its order, two keys do not wait for each other', async () => {
  const done: string[] = [];
  const work = new OrderedWork({ pieces: 10, bytes: 1000 }, () => undefined);
  work.run('a', 1, () => after(30).then(() => void done.push('a1')));
  work.run('a', 1, async () => void done.push('a2'));
  work.run('b', 1, async () => void done.push('b1'));
  await after(60);
  expect(done).toEqual(['b1', 'a1', 'a2']);
});

test.each([
  ['pieces', 1],
  ['bytes', 400],
])('says once when it is full of %s, and when there is room again', async (_, bytes) => {
  const said: boolean[] = [];
  const work = new OrderedWork({ pieces: 3, bytes: 1000 }, (isFull) => said.push(isFull));
  for (let n = 0; n < 5; n += 1) work.run(`k${n}`, bytes, () => after(10));
  expect(said).toEqual([true]);
  await after(40);
  expect(said).toEqual([true, false]);
});
