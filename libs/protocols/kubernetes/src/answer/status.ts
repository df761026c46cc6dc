import type { LocalResponse, Refusal } from '@sallyport/http-core';

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  406: 'NotAcceptable',
  409: 'Conflict',
  410: 'Expired',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  429: 'TooManyRequests',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The API server's own shape of an error (`metav1.Status`): what kubectl and client libraries can show. */
export function statusOf(refusal: Refusal, hint = ''): object {
  const { status, code, text, decisionId, approval, retryAfterSeconds } = refusal;
  const message = [
    text || 'blocked by access policy',
    ...(hint ? [hint] : []),
    ...(approval ? [`approval ${approval.id} is pending until ${approval.expiresAt}`] : []),
    ...(decisionId ? [`decision ${decisionId}`] : []),
  ].join('; ');
  const causes = [
    { reason: code, message: text || 'blocked by access policy' },
    ...(decisionId ? [{ reason: 'decision', message: decisionId }] : []),
    ...(approval ? [{ reason: 'approval', message: approval.id }] : []),
  ];
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: reasons[status] ?? 'InternalError',
    details: { causes, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) },
    code: status,
  };
}

/**
 * A refusal as a client of the cluster expects one. What waits for approval is told to come again, as the API server tells
 * whoever asks too much: clients do so by themselves.
 */
export function statusResponse(refusal: Refusal, hint?: string): LocalResponse {
  const isPending = refusal.code === 'pending';
  const status = isPending ? 429 : refusal.status;
  const retryAfterSeconds = refusal.retryAfterSeconds ?? (status === 429 ? 5 : undefined);
  const said = { ...refusal, status, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
  return {
    status,
    headers: [
      ['content-type', 'application/json'],
      ['cache-control', 'no-store'],
      ...(retryAfterSeconds === undefined ? [] : [['retry-after', String(retryAfterSeconds)] as const]),
      ...(status === 401 ? [['www-authenticate', 'Bearer realm="sallyport"'] as const] : []),
    ],
    body: Buffer.from(JSON.stringify(statusOf(said, hint))),
  };
}

/** The last event of a watch that is cut (K8-17): clients stop at it instead of taking the end for a lost connection. */
export function watchError(text: string): Buffer {
  const object = statusOf({ status: 403, code: 'forbidden', text });
  return Buffer.from(`${JSON.stringify({ type: 'ERROR', object })}\n`);
}
