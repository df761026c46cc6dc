import { applyJsonPatch } from './json-patch.js';

const document = { a: { 'b/c': 1 }, list: [1, 2, 3] };

test.each([
  ['add to a map', [{ op: 'add', path: '/a/d', value: 2 }], { ...document, a: { 'b/c': 1, d: 2 } }],
  ['add to the end of a list', [{ op: 'add', path: '/list/-', value: 4 }], { ...document, list: [1, 2, 3, 4] }],
  ['insert into a list', [{ op: 'add', path: '/list/0', value: 0 }], { ...document, list: [0, 1, 2, 3] }],
  ['replace by an escaped name', [{ op: 'replace', path: '/a/b~1c', value: 9 }], { ...document, a: { 'b/c': 9 } }],
  ['remove', [{ op: 'remove', path: '/list/1' }], { ...document, list: [1, 3] }],
  ['move', [{ op: 'move', from: '/a/b~1c', path: '/x' }], { a: {}, list: [1, 2, 3], x: 1 }],
  ['copy', [{ op: 'copy', from: '/list', path: '/x' }], { ...document, x: [1, 2, 3] }],
  ['a test that holds', [{ op: 'test', path: '/list', value: [1, 2, 3] }], document],
])('%s', (_name, patch, expected) => {
  expect(applyJsonPatch(document, patch)).toEqual(expected);
});

test.each([
  ['a test that does not hold', [{ op: 'test', path: '/list', value: [] }]],
  ['a path that leads nowhere', [{ op: 'remove', path: '/nothing' }]],
  ['an unknown operation', [{ op: 'increase', path: '/list/0' }]],
  ['a position outside the list', [{ op: 'add', path: '/list/9', value: 1 }]],
  ['no pointer', [{ op: 'remove', path: 'list' }]],
])('%s is an error, and changes nothing', (_name, patch) => {
  expect(() => applyJsonPatch(document, patch)).toThrow('the server rejected our request');
  expect(document).toEqual({ a: { 'b/c': 1 }, list: [1, 2, 3] });
});
