import type { ResourceKind } from './resource-kind.js';
import { kind } from './resource-kind.js';

const scale = { subresource: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: 'get patch update' };
const status = { subresource: 'status', verbs: 'get patch update' };
const connect = 'create get';
const proxyVerbs = 'create delete get patch update';
const reviewVerbs = 'create';

/** Every kind the server knows from the start; custom resources are added as their definitions are. */
export const builtInKinds: readonly ResourceKind[] = [
  kind('v1', 'Namespace', 'namespaces', {
    short: ['ns'],
    namespaced: false,
    subresources: [status, { subresource: 'finalize', verbs: 'update' }],
    noCollectionDelete: true,
  }),
  kind('v1', 'Pod', 'pods', {
    short: ['po'],
    categories: ['all'],
    subresources: [
      status,
      { subresource: 'log', verbs: 'get' },
      { subresource: 'exec', kind: 'PodExecOptions', verbs: connect },
      { subresource: 'attach', kind: 'PodAttachOptions', verbs: connect },
      { subresource: 'portforward', kind: 'PodPortForwardOptions', verbs: connect },
      { subresource: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs },
      { subresource: 'ephemeralcontainers', verbs: 'get patch update' },
      { subresource: 'resize', verbs: 'get patch update' },
      { subresource: 'binding', kind: 'Binding', verbs: 'create' },
      { subresource: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: 'create' },
    ],
  }),
  kind('v1', 'Service', 'services', {
    short: ['svc'],
    categories: ['all'],
    subresources: [status, { subresource: 'proxy', kind: 'ServiceProxyOptions', verbs: proxyVerbs }],
  }),
  kind('v1', 'Endpoints', 'endpoints', { short: ['ep'], singular: 'endpoints' }),
  kind('v1', 'Secret', 'secrets'),
  kind('v1', 'ConfigMap', 'configmaps', { short: ['cm'] }),
  kind('v1', 'ServiceAccount', 'serviceaccounts', {
    short: ['sa'],
    subresources: [
      { subresource: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: 'create' },
    ],
  }),
  kind('v1', 'Node', 'nodes', {
    short: ['no'],
    namespaced: false,
    subresources: [status, { subresource: 'proxy', kind: 'NodeProxyOptions', verbs: proxyVerbs }],
  }),
  kind('v1', 'Event', 'events', { short: ['ev'] }),
  kind('events.k8s.io/v1', 'Event', 'events', { short: ['ev'], storedAs: { group: '', plural: 'events' } }),
  kind('v1', 'PersistentVolume', 'persistentvolumes', { short: ['pv'], namespaced: false, subresources: [status] }),
  kind('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', { short: ['pvc'], subresources: [status] }),
  kind('v1', 'ResourceQuota', 'resourcequotas', { short: ['quota'], subresources: [status] }),
  kind('scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', { short: ['pc'], namespaced: false }),
  kind('apps/v1', 'Deployment', 'deployments', {
    short: ['deploy'],
    categories: ['all'],
    subresources: [status, scale],
  }),
  kind('apps/v1', 'ReplicaSet', 'replicasets', {
    short: ['rs'],
    categories: ['all'],
    subresources: [status, scale],
  }),
  kind('apps/v1', 'DaemonSet', 'daemonsets', { short: ['ds'], categories: ['all'], subresources: [status] }),
  kind('apps/v1', 'StatefulSet', 'statefulsets', {
    short: ['sts'],
    categories: ['all'],
    subresources: [status, scale],
  }),
  kind('apps/v1', 'ControllerRevision', 'controllerrevisions'),
  kind('batch/v1', 'Job', 'jobs', { categories: ['all'], subresources: [status] }),
  kind('batch/v1', 'CronJob', 'cronjobs', { short: ['cj'], categories: ['all'], subresources: [status] }),
  kind('autoscaling/v1', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', {
    short: ['hpa'],
    categories: ['all'],
    subresources: [status],
  }),
  kind('networking.k8s.io/v1', 'Ingress', 'ingresses', { short: ['ing'], subresources: [status] }),
  kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', { short: ['netpol'] }),
  kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', { short: ['pdb'], subresources: [status] }),
  kind('rbac.authorization.k8s.io/v1', 'Role', 'roles'),
  kind('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings'),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', { namespaced: false }),
  kind('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', { namespaced: false }),
  kind('coordination.k8s.io/v1', 'Lease', 'leases'),
  kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', {
    short: ['crd', 'crds'],
    categories: ['api-extensions'],
    namespaced: false,
    subresources: [status],
  }),
  kind('apiregistration.k8s.io/v1', 'APIService', 'apiservices', {
    categories: ['api-extensions'],
    namespaced: false,
    subresources: [status],
  }),
  kind('admissionregistration.k8s.io/v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', {
    categories: ['api-extensions'],
    namespaced: false,
  }),
  kind('admissionregistration.k8s.io/v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', {
    categories: ['api-extensions'],
    namespaced: false,
  }),
  kind('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy', 'validatingadmissionpolicies', {
    categories: ['api-extensions'],
    namespaced: false,
    subresources: [status],
  }),
  kind('certificates.k8s.io/v1', 'CertificateSigningRequest', 'certificatesigningrequests', {
    short: ['csr'],
    namespaced: false,
    subresources: [status, { subresource: 'approval', verbs: 'get patch update' }],
  }),
  kind('authentication.k8s.io/v1', 'TokenReview', 'tokenreviews', { namespaced: false, verbs: reviewVerbs }),
  kind('authentication.k8s.io/v1', 'SelfSubjectReview', 'selfsubjectreviews', {
    namespaced: false,
    verbs: reviewVerbs,
  }),
  kind('authorization.k8s.io/v1', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', {
    namespaced: false,
    verbs: reviewVerbs,
  }),
  kind('authorization.k8s.io/v1', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', {
    namespaced: false,
    verbs: reviewVerbs,
  }),
  kind('authorization.k8s.io/v1', 'SubjectAccessReview', 'subjectaccessreviews', {
    namespaced: false,
    verbs: reviewVerbs,
  }),
  kind('authorization.k8s.io/v1', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', { verbs: reviewVerbs }),
];
