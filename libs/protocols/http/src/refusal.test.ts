import { createHttpProtocol } from './http-protocol.js';
import { requestOf } from './testing/inspected.js';

const { refusal, credentialOf } = createHttpProtocol();
const { head } = requestOf({ path: '/orders?secret=value' });

test('a refusal is a problem document with the decision, and says nothing of the request', () => {
  const { status, headers, body } = refusal(
    { status: 403, code: 'forbidden', text: 'not today', decisionId: 's.1' },
    head,
  );
  expect([status, headers[0]]).toEqual([403, ['content-type', 'application/problem+json']]);
  expect(JSON.parse(String(body))).toEqual({
    type: 'urn:sallyport:problem:forbidden',
    title: 'Forbidden',
    status: 403,
    code: 'forbidden',
    detail: 'not today',
    decision: 's.1',
  });
});

test('a request that waits is answered 202 with where to look and when to come back', () => {
  const approval = { id: 'a1', url: 'https://console.example/approvals/a1', expiresAt: '2026-01-01T00:00:00.000Z' };
  const held = refusal({ status: 202, code: 'pending', text: 'wait', approval, retryAfterSeconds: 5 }, head);
  expect(held.headers).toEqual(
    expect.arrayContaining([
      ['location', approval.url],
      ['retry-after', '5'],
      ['cache-control', 'no-store'],
    ]),
  );
  expect(JSON.parse(String(held.body)).approval).toEqual(approval);
});

test('an answer to HEAD has no body; one to nobody in particular says how to prove oneself', () => {
  expect(refusal({ status: 403, code: 'x', text: 'x' }, { ...head, method: 'HEAD' }).body).toHaveLength(0);
  const { headers } = refusal({ status: 401, code: 'unauthenticated', text: 'x' }, head);
  expect(headers).toContainEqual(['www-authenticate', 'Bearer realm="sallyport"']);
});

test('a credential is shown once, in one place', () => {
  const of = (headers: readonly (readonly [string, string])[], upgrade?: string) =>
    credentialOf(requestOf({ headers, upgrade }).head);
  expect(of([['authorization', 'Bearer t0ken']])).toBe('t0ken');
  expect(of([['authorization', 'Basic dDp0']])).toBeUndefined();
  expect(
    of([
      ['authorization', 'Bearer a'],
      ['authorization', 'Bearer b'],
    ]),
  ).toBeUndefined();
  expect(
    of([
      ['sallyport-token', 'own'],
      ['authorization', 'Bearer theirs'],
    ]),
  ).toBe('own');
  expect(
    of([
      ['sallyport-token', 'a'],
      ['sallyport-token', 'b'],
    ]),
  ).toBeUndefined();
  const offered = [['sec-websocket-protocol', 'chat, sallyport.bearer.t0ken']] as const;
  expect(of(offered, 'websocket')).toBe('t0ken');
  expect(of(offered)).toBeUndefined();
});
