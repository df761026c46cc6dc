import { commandFacts } from './command-facts.js';
import { execAction, sceneOf } from './inspect.js';

const scene = sceneOf(
  {
    name: 'box',
    protocol: 'ssh',
    upstream: { host: '127.0.0.1', port: 22, tls: 'disable' },
    credential: { username: 'ops' },
    classification: [],
    fields: [],
    revision: '1',
  },
  'ops',
);
const fingerprintOf = (command: string, script: string): string =>
  execAction(scene, commandFacts(command), { pty: false, env: [], script }).fingerprint;

test('SH-06: what is data of one command is never taken for the commands of another', () => {
  // The first only reads the lines as a document, the second runs the last of them.
  const read = fingerprintOf('cd /srv && python3 -m json.tool', 'shutdown now\nx');
  expect(fingerprintOf('cd /srv && python3 -m json.tool\nshutdown now', 'x')).not.toBe(read);
  expect(fingerprintOf('cd /srv && python3 -m json.tool', 'shutdown now\nx')).toBe(read);
});
