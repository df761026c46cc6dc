import { createHmac, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { calculateJwkThumbprint, SignJWT } from 'jose';
import { Signer } from './signer.js';

const newKey = (): Buffer => generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' });
const signer = new Signer(newKey(), 'https://sallyport.test');
const terms = { type: 'at+jwt', audience: 'sallyport' };
const token = () => signer.issueToken({ ...terms, claims: { sub: 'ServiceAccount::ci' }, expiresInSeconds: 60 });
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

test('signatures verify with the published key, under its thumbprint', async () => {
  const [jwk] = signer.publicJwks();
  const { signature, keyId } = signer.sign(Buffer.from('bytes'));
  const publicKey = createPublicKey({ key: jwk as never, format: 'jwk' });
  expect(verify(null, Buffer.from('bytes'), publicKey, Buffer.from(signature, 'base64'))).toBe(true);
  expect(keyId).toBe(await calculateJwkThumbprint(jwk as never));
});

test('CP-05: the private half is not published', () => {
  expect(Object.keys(signer.publicJwks()[0]!).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
});

test('a token of its own verifies on the terms it was made for, and on no others', async () => {
  expect(await signer.verifyToken(await token(), terms)).toMatchObject({ sub: 'ServiceAccount::ci' });
  expect(await signer.verifyToken(await token(), { ...terms, audience: 'other' })).toBeUndefined();
  expect(await signer.verifyToken(await token(), { ...terms, type: 'gateway+jwt' })).toBeUndefined();
});

test('a token that is over does not verify', async () => {
  const over = await signer.issueToken({ ...terms, claims: { sub: 'x' }, expiresInSeconds: -1 });
  expect(await signer.verifyToken(over, terms)).toBeUndefined();
});

test('another installation, and another issuer under the same key, are refused', async () => {
  const stranger = new Signer(newKey(), signer.issuer);
  const forged = await stranger.issueToken({ ...terms, claims: { sub: 'x' }, expiresInSeconds: 60 });
  expect(await signer.verifyToken(forged, terms)).toBeUndefined();
  const key = newKey();
  const elsewhere = await new Signer(key, 'https://other.test').issueToken({
    ...terms,
    claims: { sub: 'x' },
    expiresInSeconds: 60,
  });
  expect(await new Signer(key, 'https://sallyport.test').verifyToken(elsewhere, terms)).toBeUndefined();
});

test('no algorithm but EdDSA is believed', async () => {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: 'ServiceAccount::admin', iss: signer.issuer, aud: 'sallyport', iat: now, exp: now + 60 };
  const none = `${part({ alg: 'none', typ: 'at+jwt' })}.${part(claims)}.`;
  expect(await signer.verifyToken(none, terms)).toBeUndefined();
  // The public key is no secret: an HMAC keyed with it must prove nothing.
  const input = `${part({ alg: 'HS256', typ: 'at+jwt' })}.${part(claims)}`;
  const secret = Buffer.from(signer.publicJwks()[0]!['x'] as string, 'base64url');
  const hmac = createHmac('sha256', secret).update(input).digest('base64url');
  expect(await signer.verifyToken(`${input}.${hmac}`, terms)).toBeUndefined();
  const rsa = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', jwk: {} as never })
    .sign(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey);
  expect(await signer.verifyToken(rsa, terms)).toBeUndefined();
});

test.each(['', 'x', 'a.b.c', '...', 'sp_x'])('%j is no token', async (text) => {
  expect(await signer.verifyToken(text, terms)).toBeUndefined();
});
