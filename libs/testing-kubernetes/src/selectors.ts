import { at, text } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';
import { StatusError } from './status-error.js';

export type Selector = (object: KubernetesObject) => boolean;

/** @throws StatusError 400 for a selector that cannot be read */
export function parseSelectors(kind: string, labels: string | null, fields: string | null): Selector {
  const requirements = [...parseLabelSelector(labels ?? ''), ...parseFieldSelector(kind, fields ?? '')];
  return (object) => requirements.every((requirement) => requirement(object));
}

/** `a=b,c!=d,e in (f,g),!h` (k8s.io/apimachinery/pkg/labels). */
function parseLabelSelector(source: string): Selector[] {
  return splitTopLevel(source).map((term) => {
    const inSet = /^([\w./-]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(term);
    if (inSet) {
      const [, key = '', operator, list = ''] = inSet;
      const values = list.split(',').map((value) => value.trim());
      return (object) => {
        const value = labelOf(object, key);
        const included = value !== undefined && values.includes(value);
        return operator === 'in' ? included : !included;
      };
    }
    const compared = /^([\w./-]+)\s*(==|!=|=)\s*([\w.-]*)$/.exec(term);
    if (compared) {
      const [, key = '', operator, wanted = ''] = compared;
      return (object) => (labelOf(object, key) === wanted) !== (operator === '!=');
    }
    const exists = /^(!?)\s*([\w./-]+)$/.exec(term);
    if (!exists)
      throw StatusError.badRequest(`unable to parse requirement: found '${term}', expected: a label selector`);
    const [, not, key = ''] = exists;
    return (object) => (labelOf(object, key) !== undefined) !== (not === '!');
  });
}

function labelOf(object: KubernetesObject, key: string): string | undefined {
  const labels = object.metadata.labels;
  return labels && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** Commas outside brackets separate terms. */
function splitTopLevel(source: string): string[] {
  const terms = source.match(/(?:[^,(]|\([^)]*\)?)+/g) ?? [];
  return terms.map((term) => term.trim()).filter((term) => term !== '');
}

const generalFields = ['metadata.name', 'metadata.namespace'];
/** What may be selected by, beside name and namespace, by kind. */
const ownFields: Readonly<Record<string, readonly string[]>> = {
  Pod: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
  Event: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'reason',
    'type',
    'source',
    'regarding.kind',
    'regarding.name',
    'regarding.namespace',
  ],
  Secret: ['type'],
  Namespace: ['status.phase'],
  Node: ['spec.unschedulable'],
  Job: ['status.successful'],
  ReplicaSet: ['status.replicas'],
};

function parseFieldSelector(kind: string, source: string): Selector[] {
  const terms = source.split(',').filter((term) => term.trim() !== '');
  return terms.map((term) => {
    const match = /^([\w.-]+)(==|!=|=)(.*)$/.exec(term.trim());
    if (!match) throw StatusError.badRequest(`invalid selector: '${source}'; can't understand '${term}'`);
    const [, path = '', operator, wanted] = match;
    if (!generalFields.includes(path) && !ownFields[kind]?.includes(path)) {
      throw StatusError.badRequest(`field label not supported: ${path}`);
    }
    return (object) => (text(at(object, ...path.split('.'))) === wanted) !== (operator === '!=');
  });
}
