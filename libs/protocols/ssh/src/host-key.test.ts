import ssh2 from 'ssh2';
import { generateHostKey } from './host-key.js';

test('every host key that is made can be read', () => {
  // One in 256 of those that the library makes cannot.
  const unreadable = Array.from({ length: 2500 }, generateHostKey).filter(
    (key) => ssh2.utils.parseKey(key) instanceof Error,
  );
  expect(unreadable).toEqual([]);
});
