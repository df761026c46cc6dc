import type { Refusal } from '@sallyport/http-core';
import { watchError } from './answer/status.js';
import { createKubernetesProtocol } from './protocol.js';
import { requestFor } from './testing/cluster-request.js';

const protocol = createKubernetesProtocol();

function statusFor(refusal: Refusal, path = '/api/v1/namespaces/web/pods') {
  const response = protocol.refusal(refusal, requestFor(path).head);
  return { ...response, body: JSON.parse(response.body.toString()) as Record<string, unknown> };
}

test.each([
  [400, 'BadRequest'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'NotFound'],
  [406, 'NotAcceptable'],
  [415, 'UnsupportedMediaType'],
  [502, 'InternalError'],
])('a refusal with %i is a Status with reason %s', (status, reason) => {
  const { body, status: sent } = statusFor({ status, code: 'forbidden', text: 'no', decisionId: 's.4' });
  expect(sent).toBe(status);
  expect(body).toMatchObject({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code: status });
  expect(body['message']).toBe('no; decision s.4');
  expect(body['details']).toEqual({
    causes: [
      { reason: 'forbidden', message: 'no' },
      { reason: 'decision', message: 's.4' },
    ],
  });
});

test('what waits for approval is told to come again', () => {
  const approval = { id: 'a-1', url: 'https://x/a-1', expiresAt: '2030-01-01T00:00:00Z' };
  const response = statusFor({
    status: 202,
    code: 'pending',
    text: 'this needs approval',
    approval,
    retryAfterSeconds: 7,
  });
  expect(response.status).toBe(429);
  expect(response.headers).toContainEqual(['retry-after', '7']);
  expect(response.body).toMatchObject({ code: 429, reason: 'TooManyRequests', details: { retryAfterSeconds: 7 } });
  expect(response.body['message']).toContain('a-1');
});

test('K8-07 a list of all namespaces that is refused says to name one', () => {
  const refusal = { status: 403, code: 'no-permit', text: 'access is denied' };
  expect(statusFor(refusal, '/api/v1/secrets').body['message']).toContain('name a namespace');
  expect(statusFor(refusal, '/api/v1/namespaces/web/secrets').body['message']).not.toContain('name a namespace');
});

test('K8-17 a watch that is cut ends with an error event', () => {
  const event = JSON.parse(watchError('access was withdrawn').toString()) as Record<string, unknown>;
  expect(event).toMatchObject({
    type: 'ERROR',
    object: { kind: 'Status', code: 403, message: 'access was withdrawn' },
  });
});

test.each([
  [[['authorization', 'Bearer abc']], 'abc'],
  [[['sallyport-token', 'abc']], 'abc'],
  [[['sec-websocket-protocol', 'v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.YWJj']], 'abc'],
  [[['authorization', 'Basic abc']], undefined],
  [
    [
      ['authorization', 'Bearer abc'],
      ['authorization', 'Bearer abd'],
    ],
    undefined,
  ],
  [
    [
      ['authorization', 'Bearer abc'],
      ['sallyport-token', 'abd'],
    ],
    undefined,
  ],
  [[], undefined],
] as const)('K8-05 the credential shown by %j is %s', (headers, credential) => {
  expect(protocol.credentialOf(requestFor('/api', { headers }).head)).toBe(credential);
});
