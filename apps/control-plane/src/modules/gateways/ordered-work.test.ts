import { OrderedWork } from './ordered-work.js';

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('one key keeps its order, two keys do not wait for each other', async () => {
  const done: string[] = [];
  const work = new OrderedWork(10, () => undefined);
  work.run('a', () => after(30).then(() => void done.push('a1')));
  work.run('a', async () => void done.push('a2'));
  work.run('b', async () => void done.push('b1'));
  await after(60);
  expect(done).toEqual(['b1', 'a1', 'a2']);
});

test('says when it is full, once, and when there is room again', async () => {
  const said: boolean[] = [];
  const work = new OrderedWork(3, (full) => said.push(full));
  for (let n = 0; n < 5; n += 1) work.run(`k${n}`, () => after(10));
  expect(said).toEqual([true]);
  await after(40);
  expect(said).toEqual([true, false]);
});
