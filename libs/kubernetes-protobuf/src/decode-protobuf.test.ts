import { decodeProtobuf, ProtobufFault } from './index.js';
import { enveloped, message, tag, varint, type SampleField } from './testing/encode.js';
import { samplePod } from './testing/sample-pod.js';

const configMap = (...fields: readonly SampleField[]): Buffer => enveloped('v1', 'ConfigMap', message(...fields));
const pod = (...spec: readonly SampleField[]): Buffer => enveloped('v1', 'Pod', message([2, message(...spec)]));
const meta = (...fields: readonly SampleField[]): Buffer => configMap([1, message(...fields)]);
const raw = (hex: string): Buffer => enveloped('v1', 'ConfigMap', Buffer.from(hex, 'hex'));
const plain = (body: Buffer): unknown => JSON.parse(JSON.stringify(decodeProtobuf(body)));

test('what is on the wire is what JSON would say', () => {
  expect(plain(samplePod)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', labels: JSON.parse('{"app":"x","__proto__":"y"}') },
    spec: {
      volumes: [{ name: 'v', hostPath: { path: '/' } }],
      containers: [
        {
          name: 'c',
          image: 'nginx:1',
          args: ['', 'é'],
          resources: { limits: { cpu: '1', memory: '0' } },
          livenessProbe: { httpGet: { port: 'http' }, initialDelaySeconds: -1 },
          readinessProbe: { tcpSocket: { port: 80 } },
          securityContext: { privileged: true, runAsUser: 0 },
        },
      ],
      terminationGracePeriodSeconds: 0,
      hostNetwork: true,
    },
    status: {},
  });
});

test('times, texts that may be empty, bytes, and lists within maps', () => {
  const times = message([8, message([1, 1_000_000_000n], [2, 0n])], [9, message([1, 0n])]);
  expect(plain(configMap([1, times], [3, message([1, 'b'], [2, Buffer.from([255])])], [4, false]))).toMatchObject({
    metadata: { creationTimestamp: '2001-09-09T01:46:40Z', deletionTimestamp: '1970-01-01T00:00:00Z' },
    binaryData: { b: '/w==' },
    immutable: false,
  });
  const preconditions = message([2, message([1, '']) as Uint8Array], [4, '']);
  expect(plain(enveloped('apps/v1', 'DeleteOptions', preconditions))).toMatchObject({
    kind: 'DeleteOptions',
    preconditions: { uid: '' },
    propagationPolicy: '',
  });
  const user = message([1, 'u'], [4, message([1, 'scopes'], [2, message([1, 'a'], [1, 'b'])])]);
  const review = message([1, ''], [2, message([1, user])]);
  expect(plain(enveloped('authentication.k8s.io/v1', 'SelfSubjectReview', review))).toMatchObject({
    status: { userInfo: { username: 'u', extra: { scopes: ['a', 'b'] } } },
  });
});

test('a name that is special to JavaScript is a name', () => {
  const decoded = decodeProtobuf(configMap([2, message([1, '__proto__'], [2, 'x'])]));
  expect(Object.keys(decoded['data'] as object)).toEqual(['__proto__']);
});

test('managed fields are the names that they nest', () => {
  const managed = (json: string): Buffer => meta([17, message([1, 'kubectl'], [7, message([1, json])])]);
  expect(plain(managed('{"f:metadata":{"f:labels":{".":{}}}}'))).toMatchObject({
    metadata: { managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:metadata': { 'f:labels': { '.': {} } } } }] },
  });
  for (const json of ['{}},"x":{', '[]', '{"a":1}', '', '{"a":'.repeat(200) + '{}' + '}'.repeat(200)]) {
    expect(() => decodeProtobuf(managed(json))).toThrow(ProtobufFault);
  }
});

test.each([
  ['JSON', Buffer.from('{"apiVersion":"v1"}')],
  ['nothing', Buffer.alloc(0)],
  ['the magic alone', Buffer.from('k8s\0')],
  [
    'an envelope without an object',
    Buffer.concat([Buffer.from('k8s\0'), message([1, message([1, 'v1'], [2, 'Pod'])])]),
  ],
  ['another encoding inside', enveloped('v1', 'ConfigMap', Buffer.alloc(0), 'gzip')],
  ['an envelope with a field too many', Buffer.concat([configMap(), message([5, ''])])],
  ['an envelope with two objects', Buffer.concat([configMap(), message([2, ''])])],
  ['an unknown kind', enveloped('v1', 'Node', Buffer.alloc(0))],
  ['a kind of another group', enveloped('apps/v1', 'Pod', Buffer.alloc(0))],
  ['a kind that is a property of all objects', enveloped('v1', 'constructor', Buffer.alloc(0))],
  ['options of no version', enveloped('', 'DeleteOptions', Buffer.alloc(0))],
  ['an unknown field', configMap([10, ''])],
  ['an unknown field further in', pod([99, ''])],
  ['a field twice', configMap([4, true], [4, false])],
  ['a message twice', configMap([1, message([1, 'a'])], [1, message([3, 'b'])])],
  ['a field of nothing twice', meta([1, ''], [1, 'a'])],
  ['a key twice', configMap([2, message([1, 'a'], [2, 'x'])], [2, message([1, 'a'], [2, 'y'])])],
  ['a map entry with more than key and value', configMap([2, message([1, 'a'], [2, 'x'], [3, ''])])],
  ['a number for a text', meta([1, 1n])],
  ['a text for a number', meta([7, 'x'])],
  ['a number for a message', configMap([1, 1n])],
  ['a packed list', pod([14, message([4, Buffer.from([1, 2])])])],
  ['a boolean of two', configMap([4, 2n])],
  ['32 bits overrun', pod([25, 0x1_0000_0001n])],
  ['more than a double holds', meta([7, 1n << 60n])],
  ['no UTF-8', meta([1, Buffer.from([0xc3, 0x28])])],
  ['half a pair of surrogates', meta([1, Buffer.from([0xed, 0xa0, 0x80])])],
  [
    'text and number at once',
    pod([2, message([11, message([1, message([3, message([1, message([1, 0n], [3, 'x'])])])])])]),
  ],
  ['parts of a second', meta([8, message([1, 5n], [2, 5n])])],
  ['a time beyond the calendar', meta([8, message([1, 1n << 50n])])],
  ['a group', raw('0b0c')],
  ['a fixed number of 32 bits', raw('2501000000')],
  ['a fixed number of 64 bits', raw('210100000000000000')],
  ['a wire type that is none', raw('0f')],
  ['field zero', raw('0200')],
  ['a field of 2^29', enveloped('v1', 'ConfigMap', Buffer.concat([tag(2 ** 29, 0), varint(0n)]))],
  ['a length beyond the end', raw('0a05')],
  ['a length of 2^63', Buffer.concat([Buffer.from('k8s\0'), tag(1, 2), varint(1n << 63n)])],
  ['a tag that is cut off', raw('8a')],
  ['a number longer than it need be', raw('208100')],
  ['a number of 70 bits', raw('20ffffffffffffffffff7f')],
  ['a number of eleven bytes', raw('20ffffffffffffffffffff01')],
])('K8-10 %s is refused', (_what, body) => {
  expect(() => decodeProtobuf(body)).toThrow(ProtobufFault);
});

test('K8-10 a body of a million empty messages is refused before it fills the memory', () => {
  const containers = Buffer.from('1200'.repeat(1_000_000), 'hex');
  expect(() => decodeProtobuf(enveloped('v1', 'Pod', message([2, containers])))).toThrow('too many values');
});

test('what is refused is refused without a word of what the body held', () => {
  const body = enveloped('v1', 'Secret', message([2, message([1, 'a'], [2, 'canary'], [3, 'canary'])]));
  expect(() => decodeProtobuf(body)).toThrow(expect.objectContaining({ message: 'unknown field 3' }));
  expect(() => decodeProtobuf(enveloped('v1', 'Canary', Buffer.alloc(0)))).toThrow(/^(?!.*Canary)/);
});
