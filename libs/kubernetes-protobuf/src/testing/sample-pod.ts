import { enveloped, message } from './encode.js';

const metadata = message(
  [1, 'web'],
  [8, ''],
  [11, message([1, 'app'], [2, 'x'])],
  [11, message([1, '__proto__'], [2, 'y'])],
);
const resources = message(
  [1, message([1, 'cpu'], [2, message([1, '1'])])],
  [1, message([1, 'memory'], [2, message([1, '0'])])],
);
const namedPort = message([1, 1n], [2, 0n], [3, 'http']);
const numberedPort = message([1, 0n], [2, 80n], [3, '']);
const liveness = message([1, message([2, message([1, ''], [2, namedPort])])], [2, -1n]);
const readiness = message([1, message([3, message([1, numberedPort])])]);
const container = message(
  [1, 'c'],
  [2, 'nginx:1'],
  [4, ''],
  [4, 'é'],
  [8, resources],
  [10, liveness],
  [11, readiness],
  [15, message([2, true], [4, 0n])],
  [16, false],
);
const volume = message([1, 'v'], [2, message([1, message([1, '/'])])]);
const spec = message([1, volume], [2, container], [4, 0n], [11, true], [12, false]);

/** Every kind of field: texts, numbers, booleans, lists, maps, embedded messages, and forms of their own. */
export const samplePod = enveloped('v1', 'Pod', message([1, metadata], [2, spec], [3, '']));
