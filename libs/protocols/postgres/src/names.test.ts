import fc from 'fast-check';
import { Names } from './names.js';

test('within a group what was sent is what will be', () => {
  const names = new Names<number>();
  names.sent('a', 1);
  expect(names.lookup('a')).toBe(1);
  names.sent('a', undefined);
  expect(names.lookup('a')).toBeUndefined();
});

test('across groups it is uncertain until the server has spoken', () => {
  const names = new Names<number>();
  names.confirmed.set('a', 1);
  names.sent('a', 2);
  names.endGroup();
  expect(names.lookup('a')).toBe('uncertain');
  names.discarded('a');
  expect(names.lookup('a')).toBe(1);
});

/** A server in small: groups of requests, of which everything behind a failure is skipped. */
test('whoever is answered with a value is answered with the one the server has by then', () => {
  const request = fc.record({
    name: fc.constantFrom('', 'a', 'b'),
    value: fc.option(fc.nat(9), { nil: undefined }),
    fails: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.array(fc.array(request, { minLength: 1, maxLength: 5 }), { maxLength: 4 }),
      fc.nat(20),
      (groups, lag) => {
        const names = new Names<number>();
        const server = new Map<string, number>();
        const due: (() => void)[] = [];
        for (const group of groups) {
          let failed = false;
          for (const { name, value, fails } of group) {
            const predicted = names.lookup(name);
            // The server reaches this request only when nothing failed before it in its group.
            if (predicted !== 'uncertain' && !failed) expect(predicted).toBe(server.get(name));
            names.sent(name, value);
            const skipped = failed || fails;
            failed ||= fails;
            if (!skipped && value === undefined) server.delete(name);
            if (!skipped && value !== undefined) server.set(name, value);
            due.push(() => (skipped ? names.discarded(name) : names.succeeded(name, value)));
          }
          names.endGroup();
          while (due.length > lag) due.shift()!();
        }
        for (const settle of due) settle();
        for (const name of ['', 'a', 'b']) expect(names.lookup(name)).toBe(server.get(name));
      },
    ),
  );
});
