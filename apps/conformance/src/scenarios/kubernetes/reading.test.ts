import { ClusterUnderTest } from '../../servers/cluster-under-test.js';
import { accessToClusters } from './access.js';
import { kubectlAsUsual } from './kubectl.js';
import { masks } from './mask.js';

describe('Kubernetes', () => {
  const under = new ClusterUnderTest();
  describe('masks', () => masks(under));
  describe('access', () => accessToClusters(under));
  describe('kubectl', () => kubectlAsUsual(under));
});
