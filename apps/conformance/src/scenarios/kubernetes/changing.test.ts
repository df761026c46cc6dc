import { ClusterUnderTest } from '../../servers/cluster-under-test.js';
import { attacks } from './attack.js';
import { holds } from './hold.js';

describe('Kubernetes', () => {
  const under = new ClusterUnderTest();
  describe('holds', () => holds(under));
  describe('attacks', () => attacks(under));
});
