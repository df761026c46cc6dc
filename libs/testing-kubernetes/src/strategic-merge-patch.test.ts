import { applyStrategicMergePatch } from './strategic-merge-patch.js';

const containers = [
  { name: 'a', image: 'a:1', env: [{ name: 'X', value: '1' }] },
  { name: 'b', image: 'b:1' },
];

test('items merge by their key, and keep what is not named', () => {
  const patch = { containers: [{ name: 'a', env: [{ name: 'Y', value: '2' }] }] };
  expect(applyStrategicMergePatch({ containers }, patch)).toEqual({
    containers: [
      {
        ...containers[0],
        env: [
          { name: 'X', value: '1' },
          { name: 'Y', value: '2' },
        ],
      },
      containers[1],
    ],
  });
});

test.each([
  ['an item is deleted', { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: [containers[1]] }],
  ['a list is replaced', { containers: [{ $patch: 'replace' }, { name: 'c' }] }, { containers: [{ name: 'c' }] }],
  ['a field is deleted', { containers: null }, {}],
  ['a map is replaced', { $patch: 'replace', other: 1 }, { other: 1 }],
  [
    'order is set',
    { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] },
    { containers: [...containers].reverse() },
  ],
])('%s', (_name, patch, expected) => {
  expect(applyStrategicMergePatch({ containers }, patch as Record<string, unknown>)).toEqual(expected);
});

test('finalizers are a set, tolerations one value', () => {
  const target = { finalizers: ['a', 'b'], tolerations: [{ key: 'x' }] };
  const patch = { finalizers: ['c'], '$deleteFromPrimitiveList/finalizers': ['a'], tolerations: [{ key: 'y' }] };
  expect(applyStrategicMergePatch(target, patch)).toEqual({ finalizers: ['b', 'c'], tolerations: [{ key: 'y' }] });
});

test('only the retained keys stay', () => {
  const target = { strategy: { type: 'RollingUpdate', rollingUpdate: {} } };
  const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
  expect(applyStrategicMergePatch(target, patch)).toEqual({ strategy: { type: 'Recreate' } });
});

test('an item without its key is refused', () => {
  expect(() => applyStrategicMergePatch({ containers }, { containers: [{ image: 'x' }] })).toThrow('merge key: name');
});
