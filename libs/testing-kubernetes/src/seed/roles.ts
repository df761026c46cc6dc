import { mastersGroup } from '../authentication.js';

const group = (name: string): string => `[{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "${name}"}]`;

function binding(name: string, role: string, subjects: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: "${name}"}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: "${role}"}
subjects: ${subjects}
`;
}

function role(name: string, rules: string): string {
  return `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: "${name}"}
rules: ${rules}
`;
}

/** YAML of who may do what: the real server's own roles, as far as the users of the seed need them. */
export const roleManifests: string = [
  role('cluster-admin', '[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}, {nonResourceURLs: ["*"], verbs: ["*"]}]'),
  role(
    'view',
    `
- apiGroups: [""]
  resources: [namespaces, pods, pods/log, services, configmaps, events, serviceaccounts]
  verbs: [get, list, watch]
- apiGroups: [apps, batch, networking.k8s.io]
  resources: ["*"]
  verbs: [get, list, watch]`,
  ),
  role(
    'system:discovery',
    `
- nonResourceURLs: [/, /api, /api/*, /apis, /apis/*, /openapi, /openapi/*, /version, /version/]
  verbs: [get]`,
  ),
  role(
    'system:basic-user',
    `
- apiGroups: [authorization.k8s.io]
  resources: [selfsubjectaccessreviews, selfsubjectrulesreviews]
  verbs: [create]
- apiGroups: [authentication.k8s.io]
  resources: [selfsubjectreviews]
  verbs: [create]`,
  ),
  role(
    'impersonator',
    `
- apiGroups: ["", authentication.k8s.io]
  resources: [users, groups, serviceaccounts, uids, userextras/*]
  verbs: [impersonate]`,
  ),
  binding('cluster-admin', 'cluster-admin', group(mastersGroup)),
  binding('system:discovery', 'system:discovery', group('system:authenticated')),
  binding('system:basic-user', 'system:basic-user', group('system:authenticated')),
  binding('viewers', 'view', group('viewers')),
  binding('gateways', 'impersonator', group('gateways')),
].join('---\n');
