import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { HmacSha256 } from './hmac-sha256.js';

function digestOf(hmac: HmacSha256, message: Uint8Array): Buffer {
  const digest = Buffer.alloc(32);
  hmac.digest(message, digest);
  return digest;
}
const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// RFC 4231 section 4, the cases with keys of one block at most.
test.each([
  [Buffer.alloc(20, 0x0b), 'Hi There', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    Buffer.from('Jefe'),
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
])('RFC 4231, case %#', (key, message, digest) => {
  expect(digestOf(new HmacSha256(key), Buffer.from(message))).toEqual(hex(digest));
});

test('every length of message gives what the runtime gives', () => {
  const key = Buffer.from('a key');
  const own = new HmacSha256(key);
  for (let length = 0; length <= 300; length += 1) {
    const message = Buffer.alloc(length, length);
    expect(digestOf(own, message)).toEqual(createHmac('sha256', key).update(message).digest());
  }
});

test('any key and message give what the runtime gives', () => {
  const key = fc.uint8Array({ maxLength: 64 });
  fc.assert(
    fc.property(key, fc.uint8Array({ maxLength: 1000 }), fc.uint8Array({ maxLength: 100 }), (key, first, second) => {
      const own = new HmacSha256(key);
      for (const message of [first, second, first]) {
        expect(digestOf(own, message)).toEqual(createHmac('sha256', key).update(message).digest());
      }
    }),
    { numRuns: 500 },
  );
});

test('a key longer than a block is refused', () => {
  expect(() => new HmacSha256(new Uint8Array(65))).toThrow(RangeError);
});
