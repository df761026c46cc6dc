import type { ClusterTarget } from './cluster-target.js';

/** Service accounts: one that sees masks, three that may more, and one that may nothing. */
export const clusterAccounts = ['ci', 'reviewer', 'operator', 'auditor', 'stranger'] as const;
export type ClusterAccount = (typeof clusterAccounts)[number];

/** What gives a pod more than its namespace. */
const escalations = ['privileged', 'hostPath', 'hostNetwork', 'hostPID', 'hostIPC', 'hostPort', 'nodeName'];

/** Resource, accounts, groups and policies of every scenario on clusters. */
export function clusterManifests(target: ClusterTarget): string {
  const documents: unknown[] = [
    clusterResource('cluster', target),
    { kind: 'ServiceAccount', name: 'ci', spec: { groups: ['ci'], owner: 'platform@example.com' } },
    { kind: 'ServiceAccount', name: 'reviewer', spec: { owner: 'platform-leads@example.com' } },
    { kind: 'ServiceAccount', name: 'operator', spec: { owner: 'operations@example.com' } },
    { kind: 'ServiceAccount', name: 'auditor', spec: { owner: 'audit@example.com' } },
    { kind: 'ServiceAccount', name: 'stranger', spec: { owner: 'outside@example.com' } },
    { kind: 'Group', name: 'sre', spec: { members: ['ServiceAccount::reviewer', 'ServiceAccount::operator'] } },
    ...Object.entries(policies(target)).map(([name, cedar]) => ({ kind: 'Policy', name, spec: { cedar } })),
  ];
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}

/** A resource over the same cluster. */
export function clusterResource(name: string, target: ClusterTarget, over: object = {}): object {
  return {
    kind: 'Resource',
    name,
    spec: {
      protocol: 'kubernetes',
      labels: { env: 'test' },
      upstream: target.upstream,
      credential: target.credential,
      classification: [
        { field: 'ConfigMap.data', tags: ['config'], mask: 'redact' },
        { detector: 'email', tags: ['pii'], mask: 'redact' },
      ],
      ...over,
    },
  };
}

function policies({ namespaces: { payments, web } }: ClusterTarget): Record<string, string> {
  const inWeb = `resource in Namespace::"cluster/${web}"`;
  const inPayments = `resource in Namespace::"cluster/${payments}"`;
  const ci = 'principal in Group::"ci"';
  const risky = `context.kubernetes.risks.containsAny(${JSON.stringify(escalations)})`;
  return {
    'ci-reads': `permit (${ci}, action in [Action::"read"], ${inWeb});
      permit (${ci}, action in [Action::"read"], ${inPayments});
      permit (${ci}, action in [Action::"get", Action::"list"], resource == Resource::"cluster")
        when { ["", "nodes"].contains(context.kubernetes.resource) };
      permit (${ci}, action == Action::"create", resource == Resource::"cluster")
        when { ["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"].contains(context.kubernetes.resource) };`,
    'ci-writes-web': `permit (${ci}, action in [Action::"create", Action::"update", Action::"patch"], ${inWeb})
        when { context.kubernetes.name != "quick" && context.kubernetes.name != "careful" };
      @reason("pods may not have more than their namespace")
      forbid (${ci}, action in [Action::"write"], resource) when { ${risky} };`,
    'ci-runs-in-web': `permit (${ci}, action == Action::"exec", ${inWeb})
        when { context.kubernetes.argv like "[\\"echo\\",*" && !context.kubernetes.tty && !context.kubernetes.stdin };
      permit (${ci}, action == Action::"exec", ${inWeb}) when { context.kubernetes.argv == "[\\"cat\\"]" };
      @approval("sre") @reason("commands that change something need a second pair of eyes")
      permit (${ci}, action == Action::"exec", ${inWeb}) when { context.kubernetes.argv like "[\\"touch\\",*" };
      permit (${ci}, action == Action::"portForward", ${inWeb}) when { ["8080"].containsAll(context.kubernetes.ports) };`,
    'ci-deletes-after-approval': `@approval("sre") @reason("deletes need a second pair of eyes")
      permit (${ci}, action == Action::"delete", ${inWeb});
      @approval("sre") @expires("2s") @reason("this is approved at once or not at all")
      permit (${ci}, action == Action::"patch", ${inWeb}) when { context.kubernetes.name == "quick" };
      @approval("sre") @reason("this needs a second pair of eyes")
      permit (${ci}, action == Action::"patch", ${inWeb}) when { context.kubernetes.name == "careful" };`,
    'sre-does-all': `permit (principal in Group::"sre", action in [Action::"kubernetes"], resource in Resource::"cluster")
        unless { action == Action::"reveal" };`,
    'auditor-sees': `permit (principal == ServiceAccount::"auditor", action in [Action::"read", Action::"reveal"], ${inPayments});
      permit (principal == ServiceAccount::"auditor", action == Action::"get", resource == Resource::"cluster");`,
  };
}
