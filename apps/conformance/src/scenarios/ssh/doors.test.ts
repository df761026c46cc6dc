import { SshUnderTest } from '../../servers/ssh-stack.js';
import { attacks } from './attack.js';
import { connections } from './connect.js';
import { holds } from './hold.js';

describe('SSH', () => {
  const under = new SshUnderTest();
  describe('connections', () => connections(under));
  describe('holds', () => holds(under));
  describe('attacks', () => attacks(under));
});
