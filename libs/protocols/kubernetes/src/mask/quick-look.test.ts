import fc from 'fast-check';
import type { JsonValue } from '../request/json-value.js';
import { activeParts } from './active-parts.js';
import { classificationOf } from './classification.js';
import { ObjectMask } from './object-mask.js';
import { QuickLook } from './quick-look.js';

const parts = activeParts(classificationOf({ fields: [] }), () => 'hidden');
const options = { parts, hints: [] };

/** Objects made of the words that matter, in the places where they do and where they do not. */
const word = fc.constantFrom(
  'env',
  'kind',
  'Secret',
  'name',
  'value',
  'data',
  'DB_PASSWORD',
  'LOG',
  'metadata',
  'annotations',
  '"env"',
  '\\"env":[',
  'a"env',
);
const document = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(word, fc.integer(), fc.constant(null)),
    fc.dictionary(word, tie('value'), { maxKeys: 4 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.record({ env: fc.array(fc.record({ name: word, value: fc.string() })) }),
    fc.constant({ kind: 'Secret', data: { a: 'secret' } }),
    tie('value').map((value) => JSON.stringify(value)),
  ),
})).value;

test('K8-09 what a quick look masks is what reading the object would mask', () => {
  fc.assert(
    fc.property(fc.dictionary(word, document), fc.constantFrom(0, 2), (value, indent) => {
      const bytes = Buffer.from(JSON.stringify(value, null, indent));
      const quick = QuickLook.of(options, new ObjectMask(options))!.masked(bytes);
      const read = JSON.parse(bytes.toString()) as JsonValue;
      new ObjectMask(options).apply(read);
      if (quick !== undefined) expect(JSON.parse(quick.toString())).toEqual(read);
    }),
    { numRuns: 3000 },
  );
});
test('objects without anything classified are not even copied', () => {
  const look = QuickLook.of(options, new ObjectMask(options))!;
  const bytes = Buffer.from('{"labels":{"env":"prod"},"spec":{"env":[{"name":"LOG","value":"x\\u003c"}]}}');
  expect(look.masked(bytes)).toBe(bytes);
});
test('where every object may be concerned there is no quick look', () => {
  const mask = new ObjectMask(options);
  expect(QuickLook.of({ ...options, hints: ['Secret'] }, mask)).toBeUndefined();
  expect(QuickLook.of(options, mask, 'Secret')).toBeUndefined();
});
