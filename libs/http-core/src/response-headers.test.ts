import type { HeaderField } from '@sallyport/http-wire';
import { clientHeaders } from './response-headers.js';

const shared = { prefix: '/http/shop', upstreamOrigin: 'https://shop.internal', upstreamPath: '' };
const own = { ...shared, prefix: '' };
const shown = (headers: readonly HeaderField[], place = shared): string[] =>
  clientHeaders({ status: 200, headers, bodyLength: 0 }, place).map(([name, value]) => `${name}: ${value}`);
const sandboxed = (...types: readonly string[]): boolean =>
  shown(types.map((type) => ['content-type', type] as const)).includes('content-security-policy: sandbox');

test('HT-10 a cookie stays on the host of its target, however its domain is spelled', () => {
  for (const domain of ['; Domain=gw.example', ';domain = gw.example', '; DOMAIN\t=.gw.example']) {
    expect(shown([['set-cookie', `a=1${domain}; Path=/`]], own)).toEqual(['set-cookie: a=1; Path=/']);
  }
  expect(shown([['set-cookie', 'a=1']])).toEqual([
    'content-security-policy: sandbox',
    'x-content-type-options: nosniff',
  ]);
});

test('HT-10 where targets share an origin, only what no browser runs is shown without a sandbox', () => {
  for (const type of ['application/json', 'application/problem+json; charset=utf-8', 'text/plain', 'image/png']) {
    expect([type, sandboxed(type)]).toEqual([type, false]);
  }
  for (const type of ['text/html', 'image/svg+xml', 'text/xsl', 'multipart/x-mixed-replace; boundary=a', 'odd']) {
    expect([type, sandboxed(type)]).toEqual([type, true]);
  }
  // Browsers go by the last of several.
  expect([sandboxed('text/plain, text/xsl'), sandboxed('text/plain', 'text/xsl'), sandboxed()]).toEqual([
    true,
    true,
    true,
  ]);
});
