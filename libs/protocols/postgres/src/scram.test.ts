import { ScramClient } from './scram.js';

const nonceOf = (first: string): string => /r=(.*)$/.exec(first)![1]!;

test.each([
  ['a nonce that is not ours', () => 'r=other,s=c2FsdA==,i=4096'],
  ['a nonce to which nothing was added', (nonce: string) => `r=${nonce},s=c2FsdA==,i=4096`],
  ['no rounds at all', (nonce: string) => `r=${nonce}x,s=c2FsdA==,i=0`],
  ['more rounds than anybody needs', (nonce: string) => `r=${nonce}x,s=c2FsdA==,i=99999999`],
  ['no salt', (nonce: string) => `r=${nonce}x,s=,i=4096`],
])('a challenge with %s is refused', async (_, challenge) => {
  const client = new ScramClient('pencil');
  await expect(client.final(challenge(nonceOf(client.first())))).rejects.toThrow('unsound');
});

test('a target that cannot sign does not know the password', async () => {
  const client = new ScramClient('pencil');
  expect(client.verify('v=AAAA')).toBe(false);
  await client.final(`r=${nonceOf(client.first())}x,s=c2FsdA==,i=4096`);
  expect(client.verify(`v=${Buffer.alloc(32).toString('base64')}`)).toBe(false);
  expect(client.verify('e=other-error')).toBe(false);
});
