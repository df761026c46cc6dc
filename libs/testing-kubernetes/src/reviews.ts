import { randomBytes } from 'node:crypto';
import type { Answer, ApiRequest } from './api-request.js';
import type { User } from './authentication.js';
import type { Cluster } from './cluster.js';
import { firstOf } from './header-values.js';
import { at, isRecord, strings, text, timestamp } from './kubernetes-object.js';
import { decodeObject } from './request-body.js';
import type { ResourceRequest } from './request-info.js';

/** Answers what is asked by creating an object that is never stored. */
export function review(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const asked = decodeObject(request.body, firstOf(request.headers, 'content-type'));
  const status = statusOf(cluster, request, target.kind.kind, asked);
  const body = {
    kind: target.kind.kind,
    apiVersion: `${target.kind.group}/${target.kind.version}`,
    metadata: { creationTimestamp: null },
    ...(asked['spec'] ? { spec: asked['spec'] } : {}),
    status,
  };
  return { code: 201, body };
}

function statusOf(cluster: Cluster, request: ApiRequest, kind: string, asked: Record<string, unknown>): object {
  const { effective } = request.identity;
  const spec = isRecord(asked['spec']) ? asked['spec'] : {};
  switch (kind) {
    case 'SelfSubjectReview':
      return { userInfo: userInfo(effective) };
    case 'SelfSubjectAccessReview':
      return accessOf(cluster, effective, spec);
    case 'SelfSubjectRulesReview':
      return rulesOf(cluster, effective, text(spec['namespace']));
    case 'TokenReview': {
      const user = cluster.tokens.find(text(spec['token']));
      return user ? { authenticated: true, user: userInfo(user) } : { error: 'invalid bearer token' };
    }
    default:
      return accessOf(cluster, { name: text(spec['user']), groups: strings(spec['groups']) }, spec);
  }
}

function accessOf(cluster: Cluster, user: User, spec: Record<string, unknown>): object {
  const resource = spec['resourceAttributes'];
  const other = spec['nonResourceAttributes'];
  const field = (name: string): string => text(at(resource, name));
  const allowed = isRecord(resource)
    ? cluster.authorizer.allows(user, {
        verb: field('verb'),
        group: field('group'),
        resource: field('resource'),
        subresource: field('subresource') || undefined,
        namespace: field('namespace') || undefined,
        name: field('name') || undefined,
      })
    : cluster.authorizer.allows(user, { verb: text(at(other, 'verb')), path: text(at(other, 'path')) });
  return { allowed, ...(allowed ? { reason: 'RBAC: allowed' } : {}) };
}

function rulesOf(cluster: Cluster, user: User, namespace: string): object {
  const rules = cluster.authorizer.rulesOf(user, namespace);
  const listed = (field: string) => (rule: Record<string, unknown>) => strings(rule[field]);
  const resourceRules = rules
    .filter((rule) => rule['resources'])
    .map((rule) => ({
      verbs: listed('verbs')(rule),
      apiGroups: listed('apiGroups')(rule),
      resources: listed('resources')(rule),
      ...(rule['resourceNames'] ? { resourceNames: listed('resourceNames')(rule) } : {}),
    }));
  const nonResourceRules = rules
    .filter((rule) => rule['nonResourceURLs'])
    .map((rule) => ({ verbs: listed('verbs')(rule), nonResourceURLs: listed('nonResourceURLs')(rule) }));
  return { resourceRules, nonResourceRules, incomplete: false };
}

export function userInfo(user: User): object {
  return {
    username: user.name,
    ...(user.uid ? { uid: user.uid } : {}),
    groups: user.groups,
    ...(user.extra && Object.keys(user.extra).length ? { extra: user.extra } : {}),
  };
}

/** TokenRequest: a working token of a service account. */
export function requestToken(cluster: Cluster, request: ApiRequest, target: ResourceRequest): Answer {
  const account = cluster.read(target.kind, target.namespace, target.name ?? '');
  const asked = decodeObject(request.body, firstOf(request.headers, 'content-type'));
  const seconds = Number(at(asked, 'spec', 'expirationSeconds') ?? 3600);
  const token = `sa-${randomBytes(24).toString('base64url')}`;
  const { name, namespace = '', uid } = account.metadata;
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  cluster.tokens.add(token, { name: `system:serviceaccount:${namespace}:${name}`, uid, groups });
  const expirationTimestamp = timestamp(new Date(Date.now() + seconds * 1000));
  const body = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp() },
    spec: { audiences: ['https://kubernetes.default.svc'], expirationSeconds: seconds, boundObjectRef: null },
    status: { token, expirationTimestamp },
  };
  return { code: 201, body };
}
