import type { KubernetesObject } from './kubernetes-object.js';
import { at, isRecord, records, text } from './kubernetes-object.js';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly format?: 'name';
  /** 0 is always shown, 1 only in wide output. */
  readonly priority: number;
  readonly cell: (object: KubernetesObject) => string | number | null;
}
type Cell = Column['cell'];

const nameColumn: Column = { name: 'Name', type: 'string', format: 'name', priority: 0, cell: (o) => o.metadata.name };
const ageColumn: Column = column('Age', (o) => age(o.metadata.creationTimestamp));

/** What `kubectl get` shows of a kind: name, its own columns, age, then those of wide output. */
export function columnsOf(kind: string): readonly Column[] {
  const own = ownColumns[kind];
  if (kind === 'Event') return own ?? [];
  return [nameColumn, ...(own ?? []), ageColumn, ...(wideColumns[kind] ?? [])];
}

function column(name: string, cell: Cell, priority = 0): Column {
  return { name, type: 'string', priority, cell };
}

function number(name: string, cell: Cell): Column {
  return { name, type: 'integer', priority: 0, cell };
}

const path =
  (...steps: (string | number)[]): Cell =>
  (object) =>
    text(at(object, ...steps)) || '<none>';
const count =
  (...steps: string[]): Cell =>
  (object) =>
    Number(at(object, ...steps) ?? 0);
const size =
  (field: string): Cell =>
  (object) => {
    const value = object[field];
    return isRecord(value) ? Object.keys(value).length : 0;
  };
const ratio =
  (ready: string, wanted: string): Cell =>
  (object) =>
    `${Number(at(object, 'status', ready) ?? 0)}/${Number(at(object, ...wanted.split('.')) ?? 0)}`;
const joined =
  (values: (object: KubernetesObject) => readonly string[]): Cell =>
  (object) =>
    values(object).join(',') || '<none>';

/** What an event is about: the newer group has another name for it. */
const subject = (o: KubernetesObject): unknown => o['involvedObject'] ?? o['regarding'];
const containers = (o: KubernetesObject): Record<string, unknown>[] => [
  ...records(at(o, 'spec', 'template', 'spec', 'containers')),
  ...records(at(o, 'spec', 'containers')),
];
const wideWorkload = [
  column(
    'Containers',
    joined((o) => containers(o).map((c) => text(c['name']))),
    1,
  ),
  column(
    'Images',
    joined((o) => containers(o).map((c) => text(c['image']))),
    1,
  ),
  column('Selector', selectorText, 1),
];

const ownColumns: Readonly<Record<string, readonly Column[]>> = {
  Namespace: [column('Status', path('status', 'phase'))],
  Pod: [
    column('Ready', podReady),
    column('Status', (o) =>
      o.metadata.deletionTimestamp ? 'Terminating' : text(at(o, 'status', 'phase')) || 'Unknown',
    ),
    column('Restarts', (o) => String(podStatuses(o).reduce((sum, s) => sum + Number(s['restartCount'] ?? 0), 0))),
  ],
  Service: [
    column('Type', path('spec', 'type')),
    column('Cluster-IP', path('spec', 'clusterIP')),
    column('External-IP', () => '<none>'),
    column(
      'Port(s)',
      joined((o) => records(at(o, 'spec', 'ports')).map((p) => `${text(p['port'])}/${text(p['protocol']) || 'TCP'}`)),
    ),
  ],
  Secret: [column('Type', path('type')), number('Data', size('data'))],
  ConfigMap: [number('Data', size('data'))],
  ServiceAccount: [number('Secrets', (o) => records(o['secrets']).length)],
  Node: [
    column('Status', (o) => `Ready${at(o, 'spec', 'unschedulable') === true ? ',SchedulingDisabled' : ''}`),
    column('Roles', () => '<none>'),
  ],
  Event: [
    column('Last Seen', (o) => age(text(o['lastTimestamp']) || o.metadata.creationTimestamp)),
    column('Type', path('type')),
    column('Reason', path('reason')),
    column('Object', (o) => `${text(at(subject(o), 'kind')).toLowerCase()}/${text(at(subject(o), 'name'))}`),
    column('Message', (o) => text(o['message'] ?? o['note'])),
    { ...nameColumn, priority: 1 },
  ],
  Deployment: [
    column('Ready', ratio('readyReplicas', 'spec.replicas')),
    number('Up-to-date', count('status', 'updatedReplicas')),
    number('Available', count('status', 'availableReplicas')),
  ],
  ReplicaSet: [
    number('Desired', count('spec', 'replicas')),
    number('Current', count('status', 'replicas')),
    number('Ready', count('status', 'readyReplicas')),
  ],
  StatefulSet: [column('Ready', ratio('readyReplicas', 'spec.replicas'))],
  DaemonSet: [
    number('Desired', count('status', 'desiredNumberScheduled')),
    number('Current', count('status', 'currentNumberScheduled')),
    number('Ready', count('status', 'numberReady')),
  ],
  Job: [
    column('Status', (o) => (at(o, 'status', 'succeeded') ? 'Complete' : 'Running')),
    column('Completions', ratio('succeeded', 'spec.completions')),
  ],
  CronJob: [
    column('Schedule', path('spec', 'schedule')),
    column('Timezone', path('spec', 'timeZone')),
    column('Suspend', (o) => (at(o, 'spec', 'suspend') === true ? 'True' : 'False')),
  ],
  RoleBinding: [column('Role', roleText)],
  ClusterRoleBinding: [column('Role', roleText)],
  Lease: [column('Holder', path('spec', 'holderIdentity'))],
  PersistentVolume: [
    column('Capacity', path('spec', 'capacity', 'storage')),
    column('Status', path('status', 'phase')),
  ],
  CertificateSigningRequest: [
    column('SignerName', path('spec', 'signerName')),
    column('Requestor', path('spec', 'username')),
    column(
      'Condition',
      joined((o) => records(at(o, 'status', 'conditions')).map((c) => text(c['type']))),
    ),
  ],
  ValidatingWebhookConfiguration: [number('Webhooks', (o) => records(o['webhooks']).length)],
  MutatingWebhookConfiguration: [number('Webhooks', (o) => records(o['webhooks']).length)],
};

const wideColumns: Readonly<Record<string, readonly Column[]>> = {
  Pod: [column('IP', path('status', 'podIP'), 1), column('Node', path('spec', 'nodeName'), 1)],
  Service: [column('Selector', selectorText, 1)],
  Deployment: wideWorkload,
  ReplicaSet: wideWorkload,
  DaemonSet: wideWorkload,
  StatefulSet: wideWorkload.slice(0, 2),
};

function podStatuses(object: KubernetesObject): Record<string, unknown>[] {
  return records(at(object, 'status', 'containerStatuses'));
}

function podReady(object: KubernetesObject): string {
  const ready = podStatuses(object).filter((status) => status['ready'] === true).length;
  return `${ready}/${records(at(object, 'spec', 'containers')).length}`;
}

function selectorText(object: KubernetesObject): string {
  const labels = at(object, 'spec', 'selector', 'matchLabels') ?? at(object, 'spec', 'selector');
  const pairs = isRecord(labels) ? Object.entries(labels).map(([name, value]) => `${name}=${text(value)}`) : [];
  return pairs.join(',') || '<none>';
}

function roleText(object: KubernetesObject): string {
  return `${text(at(object, 'roleRef', 'kind'))}/${text(at(object, 'roleRef', 'name'))}`;
}

/** Additional printer columns of a custom resource: simple paths such as `.spec.size`. */
export function customColumns(definitions: unknown): readonly Column[] {
  const own = records(definitions).map((definition): Column => {
    const steps = text(definition['jsonPath'])
      .split('.')
      .filter((step) => step !== '');
    const type = definition['type'] === 'integer' ? 'integer' : 'string';
    const cell: Cell = (object) => {
      const value = at(object, ...steps);
      return typeof value === 'number' || typeof value === 'string' ? value : null;
    };
    return { name: text(definition['name']), type, priority: Number(definition['priority'] ?? 0), cell };
  });
  return [nameColumn, ...own, ageColumn];
}

/** As duration.HumanDuration shortens it. */
export function age(created: string): string {
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(created)) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 180) return minutes < 10 && seconds % 60 ? `${minutes}m${seconds % 60}s` : `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}
