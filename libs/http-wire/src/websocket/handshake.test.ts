import type { HeaderField, RequestHead } from '../message.js';
import {
  acceptOf,
  offeredProtocols,
  offerWebSocket,
  readWebSocketRequest,
  settleWebSocket,
  webSocketAnswer,
} from './handshake.js';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

function request(headers: HeaderField[], changes: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    target: { path: '/', segments: [''], query: undefined },
    authority: 'gateway',
    headers,
    version: '1.1',
    upgrade: 'websocket',
    bodyLength: 0,
    ...changes,
  };
}
const asked: HeaderField[] = [
  ['sec-websocket-version', '13'],
  ['sec-websocket-key', key],
];

test('answers the key as RFC 6455 section 1.3 computes it', () => {
  expect(acceptOf(key)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  const read = readWebSocketRequest(request([...asked, ['sec-websocket-protocol', 'chat,superchat']]));
  expect(read).toEqual({ key, protocols: ['chat', 'superchat'] });
  expect(webSocketAnswer(read, 'chat')).toEqual([
    ['sec-websocket-accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
    ['sec-websocket-protocol', 'chat'],
  ]);
});

test('over HTTP/2 there is no key to answer', () => {
  const head = request([['sec-websocket-version', '13']], { version: '2', method: 'CONNECT' });
  expect(webSocketAnswer(readWebSocketRequest(head), undefined)).toEqual([]);
});

test.each<[string, RequestHead]>([
  ['another upgrade', request(asked, { upgrade: 'spdy/3.1' })],
  ['another method', request(asked, { method: 'POST' })],
  ['HTTP/1.0', request(asked, { version: '1.0' })],
  ['no version', request([asked[1]!])],
  ['another version', request([['sec-websocket-version', '8'], asked[1]!])],
  ['no key', request([asked[0]!])],
  ['two keys', request([...asked, asked[1]!])],
  ['a short key', request([asked[0]!, ['sec-websocket-key', 'c2hvcnQ=']])],
  ['a key with stray bits', request([asked[0]!, ['sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZR==']])],
  ['a malformed subprotocol', request([...asked, ['sec-websocket-protocol', 'a, b c']])],
  ['an empty subprotocol', request([...asked, ['sec-websocket-protocol', 'a,,b']])],
  ['a subprotocol twice', request([...asked, ['sec-websocket-protocol', 'a'], ['sec-websocket-protocol', 'b, a']])],
])('refuses %s', (_, head) => {
  expect(() => readWebSocketRequest(head)).toThrow(expect.objectContaining({ name: 'WireFault', status: 400 }));
});

test('subprotocols of several fields are one list', () => {
  const headers: HeaderField[] = [
    ['sec-websocket-protocol', 'v5.channel.k8s.io, SPDY/3.1+portforward.k8s.io'],
    ['sec-websocket-protocol', 'x'],
  ];
  expect(offeredProtocols(headers)).toEqual(['v5.channel.k8s.io', 'SPDY/3.1+portforward.k8s.io', 'x']);
});

test('an offer is settled by the right answer only', () => {
  const offer = offerWebSocket(['a', 'b']);
  expect(offer.headers).toContainEqual(['sec-websocket-protocol', 'a, b']);
  expect(offerWebSocket([]).key).not.toBe(offer.key);
  const answer = (...headers: HeaderField[]): string | undefined =>
    settleWebSocket(offer, { status: 101, headers, bodyLength: undefined });
  const accept: HeaderField = ['sec-websocket-accept', acceptOf(offer.key)];
  const chose = (name: string): HeaderField => ['sec-websocket-protocol', name];
  expect(answer(accept, chose('b'))).toBe('b');
  for (const wrong of [
    [chose('b')],
    [accept, accept, chose('b')],
    [['sec-websocket-accept', acceptOf(key)] as HeaderField, chose('b')],
    [accept],
    [accept, chose('c')],
    [accept, chose('a'), chose('b')],
    [accept, chose('b'), ['sec-websocket-extensions', 'permessage-deflate'] as HeaderField],
  ]) {
    expect(() => answer(...wrong)).toThrow(expect.objectContaining({ name: 'WireFault', status: 502 }));
  }
});

test('where no subprotocol is offered none is accepted', () => {
  const offer = offerWebSocket([]);
  const accept: HeaderField = ['sec-websocket-accept', acceptOf(offer.key)];
  expect(settleWebSocket(offer, { status: 101, headers: [accept], bodyLength: undefined })).toBeUndefined();
  const headers: HeaderField[] = [accept, ['sec-websocket-protocol', 'chat']];
  expect(() => settleWebSocket(offer, { status: 101, headers, bodyLength: undefined })).toThrow('subprotocols');
});
