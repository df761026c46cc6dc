import type { User } from './authentication.js';
import { mastersGroup } from './authentication.js';
import { at, records, strings, text } from './kubernetes-object.js';
import type { ObjectStore } from './object-store.js';
import type { ResourceRegistry } from './resource-registry.js';

/** What is asked of RBAC: a resource, or a path when there is none. */
export interface Attributes {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly path?: string;
}
type Rule = Record<string, unknown>;

const rbac = 'rbac.authorization.k8s.io';

/** Role-based access control over the roles and bindings in the store. */
export class Authorizer {
  constructor(
    private readonly store: ObjectStore,
    private readonly registry: ResourceRegistry,
  ) {}

  allows(user: User, asked: Attributes): boolean {
    if (user.groups.includes(mastersGroup)) return true;
    return this.rulesOf(user, asked.namespace).some((rule) => permits(rule, asked));
  }

  /** Every rule that holds for a user: of the cluster, and of one namespace. */
  rulesOf(user: User, namespace?: string): readonly Rule[] {
    if (user.groups.includes(mastersGroup)) return [everything, everyPath];
    const bindings = [
      ...this.#list('clusterrolebindings'),
      ...(namespace ? this.#list('rolebindings', namespace) : []),
    ].filter((binding) => records(binding['subjects']).some((subject) => isSubject(user, subject)));
    return bindings.flatMap((binding) => {
      const clusterWide = at(binding, 'roleRef', 'kind') === 'ClusterRole';
      const kind = this.registry.find(rbac, 'v1', clusterWide ? 'clusterroles' : 'roles');
      if (!kind) return [];
      const role = this.store.get(kind, clusterWide ? undefined : namespace, text(at(binding, 'roleRef', 'name')));
      return records(role?.['rules']);
    });
  }

  #list(plural: string, namespace?: string): readonly Record<string, unknown>[] {
    const kind = this.registry.find(rbac, 'v1', plural);
    return kind ? this.store.list(kind, namespace) : [];
  }
}

const everything: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };
const everyPath: Rule = { verbs: ['*'], nonResourceURLs: ['*'] };

function isSubject(user: User, subject: Record<string, unknown>): boolean {
  const name = text(subject['name']);
  if (subject['kind'] === 'User') return user.name === name;
  if (subject['kind'] === 'Group') return user.groups.includes(name);
  return user.name === `system:serviceaccount:${text(subject['namespace'])}:${name}`;
}

function permits(rule: Rule, asked: Attributes): boolean {
  const has = (field: string, value: string): boolean => {
    const values = strings(rule[field]);
    return values.includes('*') || values.includes(value);
  };
  if (!has('verbs', asked.verb)) return false;
  if (asked.path !== undefined) {
    const path = asked.path;
    return strings(rule['nonResourceURLs']).some((pattern) =>
      pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : pattern === path,
    );
  }
  const plain = asked.resource ?? '';
  const resource = asked.subresource ? `${plain}/${asked.subresource}` : plain;
  const anyOwner = asked.subresource !== undefined && strings(rule['resources']).includes(`*/${asked.subresource}`);
  const names = strings(rule['resourceNames']);
  return (
    has('apiGroups', asked.group ?? '') &&
    (has('resources', resource) || anyOwner) &&
    (names.length === 0 || (asked.name !== undefined && names.includes(asked.name)))
  );
}
