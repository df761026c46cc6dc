import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { CanaryScanner, makeCanary } from './index.js';

const canary = makeCanary('customers.ssn');
const scanner = new CanaryScanner([canary]);
const { token } = canary;

test.each([
  ['plain', `row: ${token}!`],
  ['plain', token.toUpperCase()],
  ['plain', `x${token.slice(9, 15)}x`],
  ['reverse', [...token].reverse().join('').slice(3, 10)],
  ['hex', Buffer.from(token).toString('hex').slice(2, 20)],
  ['hex', Buffer.from(token).toString('hex').toUpperCase()],
  ['md5', createHash('md5').update(token).digest('hex')],
  ['sha256', createHash('sha256').update(token).digest('base64')],
])('a %s leak is found', (form, output) => {
  expect(scanner.scan(output).map((leak) => leak.form)).toContain(form);
  expect(scanner.scan(Buffer.from(output)).map((leak) => leak.form)).toContain(form);
});

test('base64 is found wherever the token starts within it', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5 }), fc.uint8Array({ maxLength: 5 }), (before, after) => {
      const text = Buffer.concat([before, Buffer.from(token), after]).toString('base64');
      expect(scanner.scan(text).map((leak) => leak.form)).toContain('base64');
    }),
  );
});

test('what does not contain it is clean', () => {
  expect(scanner.scan(makeCanary('other').token + token.slice(0, 5) + '-' + token.slice(5, 10))).toEqual([]);
});
