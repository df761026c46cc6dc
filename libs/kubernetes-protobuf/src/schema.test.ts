import { listedKinds, messageOfKind, protobufMessage, type ProtobufMessage } from './schema.js';
import { wellKnown } from './well-known.js';

const scalars = new Set(['string', 'int', 'long', 'bool', 'bytes']);

/** Every name of JSON that a message can give, embedded ones among them. Throws for a message within itself. */
function namesOf(name: string, around: readonly string[] = []): string[] {
  if (around.includes(name)) throw new Error(`${[...around, name].join(' > ')} has no end`);
  const message: ProtobufMessage = protobufMessage(name);
  return [...message.values()].flatMap(({ name: field, type, embedded }) => {
    const inner = scalars.has(type) || wellKnown.has(type) ? [] : namesOf(type, [...around, name]);
    return embedded ? inner : [field];
  });
}

test.each(listedKinds())('%s has messages all the way down, none within itself, and no name twice', (kind) => {
  const [apiVersion = '', name = ''] = kind.split(' ');
  const names = namesOf(messageOfKind(apiVersion, name) ?? '');
  expect(names).toContain('metadata');
  expect(new Set(names).size).toBe(names.length);
});

test('options of a delete are known in every group', () => {
  for (const version of ['v1', 'apps/v1', 'autoscaling/v2beta1']) {
    expect(messageOfKind(version, 'DeleteOptions')).toBe('DeleteOptions');
  }
  expect(messageOfKind('v1/v1/v1', 'DeleteOptions')).toBeUndefined();
  expect(() => protobufMessage('toString')).toThrow(RangeError);
});
