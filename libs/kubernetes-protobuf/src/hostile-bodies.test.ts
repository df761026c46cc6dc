import fc from 'fast-check';
import { decodeProtobuf, ProtobufFault } from './index.js';
import { enveloped } from './testing/encode.js';
import { listedKinds } from './schema.js';
import { samplePod } from './testing/sample-pod.js';

/** Understood or refused, and neither slowly nor in any other way. */
function outcomeOf(body: Buffer): 'understood' | 'refused' {
  try {
    JSON.stringify(decodeProtobuf(body));
    return 'understood';
  } catch (error) {
    if (error instanceof ProtobufFault) return 'refused';
    throw error;
  }
}
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((array) => Buffer.from(array));

test('K8-10 random bytes are refused, whatever kind they say they are', () => {
  const kinds = fc.constantFrom(...listedKinds());
  const property = fc.property(kinds, bytes(400), bytes(40), (kind, inside, outside) => {
    const [apiVersion = '', name = ''] = kind.split(' ');
    outcomeOf(enveloped(apiVersion, name, inside));
    outcomeOf(Buffer.concat([Buffer.from('k8s\0'), outside]));
    expect(outcomeOf(Buffer.concat([Buffer.from([0]), outside]))).toBe('refused');
  });
  fc.assert(property, { numRuns: 3000 });
});

test('K8-10 a body with bytes changed is understood or refused', () => {
  const changes = fc.array(fc.tuple(fc.nat(samplePod.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const property = fc.property(changes, (places) => {
    const changed = Buffer.from(samplePod);
    for (const [place, byte] of places) changed[place] = byte;
    outcomeOf(changed);
  });
  fc.assert(property, { numRuns: 5000 });
});

test('K8-10 no beginning of a body is taken for a whole one with less in it', () => {
  const whole = JSON.stringify(decodeProtobuf(samplePod));
  let understood = 0;
  for (let length = 0; length < samplePod.length; length += 1) {
    const beginning = samplePod.subarray(0, length);
    if (outcomeOf(beginning) === 'refused') continue;
    expect(JSON.stringify(decodeProtobuf(beginning))).toBe(whole);
    understood += 1;
  }
  // The two empty texts that end the envelope may be missing.
  expect(understood).toBe(2);
});
