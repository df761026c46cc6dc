import { WireError } from '@sallyport/wire-kit';
import {
  channelData,
  channelEnd,
  channelOpen,
  channelOpened,
  channelOpenFailed,
  channelRequest,
  globalReply,
  globalRequest,
  readMessage,
  requestReply,
  windowAdjust,
} from './messages.js';

const fields = { sender: 3, window: 100, maxPacket: 200 };
const data = Buffer.from('data');

test.each([
  [
    'global',
    globalRequest('keepalive@openssh.com', true, data),
    { name: 'keepalive@openssh.com', wantReply: true, data },
  ],
  ['globalReply', globalReply(true, data), { success: true, data }],
  ['globalReply', globalReply(false, data), { success: false, data: Buffer.alloc(0) }],
  ['open', channelOpen('session', fields, data), { type: 'session', ...fields, data }],
  ['opened', channelOpened(9, fields), { channel: 9, ...fields }],
  ['openFailed', channelOpenFailed(9, 'prohibited', 'no'), { channel: 9, reason: 1, text: 'no' }],
  ['window', windowAdjust(9, 5), { channel: 9, bytes: 5 }],
  ['data', channelData(9, data, false), { channel: 9, data }],
  ['extended', channelData(9, data, true), { channel: 9, code: 1, data }],
  ['eof', channelEnd('eof', 9), { channel: 9 }],
  ['close', channelEnd('close', 9), { channel: 9 }],
  ['request', channelRequest(9, 'exec', true, data), { channel: 9, name: 'exec', wantReply: true, data }],
  ['requestReply', requestReply(9, false), { channel: 9, success: false }],
])('%s is read as it was written', (kind, bytes, expected) => {
  expect(readMessage(bytes)).toEqual({ kind, ...expected });
});

test('bytes by hand: RFC 4254 §5.2', () => {
  const bytes = Buffer.from([94, 0, 0, 0, 1, 0, 0, 0, 2, 0x68, 0x69]);
  expect(readMessage(bytes)).toEqual({ kind: 'data', channel: 1, data: Buffer.from('hi') });
  expect(channelData(1, Buffer.from('hi'), false).equals(bytes)).toBe(true);
});

test('what is cut short anywhere in its fields is malformed', () => {
  const whole = [channelOpened(9, fields), windowAdjust(9, 5), channelData(9, data, true), channelEnd('eof', 9)];
  for (const bytes of whole) {
    for (let cut = 1; cut < bytes.length; cut += 1) {
      expect(() => readMessage(bytes.subarray(0, cut))).toThrow(WireError);
    }
  }
});

test('what says more than its fields is malformed', () => {
  for (const bytes of [
    windowAdjust(9, 5),
    channelData(9, data, false),
    channelEnd('close', 9),
    requestReply(9, true),
  ]) {
    expect(() => readMessage(Buffer.concat([bytes, Buffer.of(0)]))).toThrow(WireError);
  }
});

test('names that are no text are malformed', () => {
  expect(() => readMessage(Buffer.from([80, 0, 0, 0, 1, 0xff, 0]))).toThrow(WireError);
});

test('what the connection protocol does not know is not guessed', () => {
  for (const type of [50, 60, 83, 89, 101, 192, 255]) expect(readMessage(Buffer.of(type, 0, 0, 0, 0))).toBeUndefined();
});
