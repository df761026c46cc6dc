import { randomUUID } from 'node:crypto';
import { at, isRecord, records, text, timestamp } from './kubernetes-object.js';
import type { KubernetesObject } from './kubernetes-object.js';

type Mutable = Record<string, unknown>;

/** Fills in what the real server fills in, in place: fields that kubectl reads back, not every default there is. */
export function applyDefaults(object: KubernetesObject): void {
  defaulters[object.kind]?.(object);
  const pod = podSpecOf(object);
  if (pod) defaultPodSpec(pod);
}

/** The pod spec within an object, wherever its kind keeps one. */
export function podSpecOf(object: KubernetesObject): Mutable | undefined {
  const spec =
    object.kind === 'Pod'
      ? object['spec']
      : object.kind === 'CronJob'
        ? at(object, 'spec', 'jobTemplate', 'spec', 'template', 'spec')
        : workloads.has(object.kind)
          ? at(object, 'spec', 'template', 'spec')
          : undefined;
  return isRecord(spec) ? spec : undefined;
}

const workloads = new Set(['Deployment', 'ReplicaSet', 'DaemonSet', 'StatefulSet', 'Job']);

function child(object: Mutable, field: string): Mutable {
  const value = object[field];
  if (isRecord(value)) return value;
  const made: Mutable = {};
  object[field] = made;
  return made;
}

/** Addresses of services and pods: one after the other. */
let addresses = 10;

const defaulters: Readonly<Record<string, (object: KubernetesObject) => void>> = {
  Namespace: (object) => {
    child(object, 'spec')['finalizers'] ??= ['kubernetes'];
    child(object, 'status')['phase'] ??= 'Active';
    object.metadata.labels = { 'kubernetes.io/metadata.name': object.metadata.name, ...object.metadata.labels };
  },
  Secret: (object) => {
    object['type'] ??= 'Opaque';
    const given = object['stringData'];
    if (!isRecord(given)) return;
    const data = child(object, 'data');
    for (const [name, value] of Object.entries(given)) data[name] = Buffer.from(text(value)).toString('base64');
    delete object['stringData'];
  },
  Service: (object) => {
    const spec = child(object, 'spec');
    spec['type'] ??= 'ClusterIP';
    spec['sessionAffinity'] ??= 'None';
    spec['internalTrafficPolicy'] ??= 'Cluster';
    addresses += 1;
    spec['clusterIP'] ??= `10.96.${(addresses >> 8) & 255}.${addresses & 255}`;
    for (const port of records(spec['ports'])) {
      port['protocol'] ??= 'TCP';
      port['targetPort'] ??= port['port'];
    }
  },
  Deployment: (object) => {
    const spec = child(object, 'spec');
    spec['replicas'] ??= 1;
    spec['revisionHistoryLimit'] ??= 10;
    spec['progressDeadlineSeconds'] ??= 600;
    spec['strategy'] ??= { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } };
  },
  ReplicaSet: (object) => void (child(object, 'spec')['replicas'] ??= 1),
  StatefulSet: (object) => void (child(object, 'spec')['replicas'] ??= 1),
  Job: (object) => {
    const spec = child(object, 'spec');
    spec['completions'] ??= 1;
    spec['parallelism'] ??= 1;
    spec['backoffLimit'] ??= 6;
  },
  CronJob: (object) => {
    const spec = child(object, 'spec');
    spec['suspend'] ??= false;
    spec['concurrencyPolicy'] ??= 'Allow';
  },
};

function defaultPodSpec(spec: Mutable): void {
  spec['restartPolicy'] ??= 'Always';
  spec['dnsPolicy'] ??= 'ClusterFirst';
  spec['schedulerName'] ??= 'default-scheduler';
  spec['securityContext'] ??= {};
  spec['terminationGracePeriodSeconds'] ??= 30;
  for (const container of [...records(spec['containers']), ...records(spec['initContainers'])]) {
    container['imagePullPolicy'] ??= /(:latest|^[^:]*)$/.test(text(container['image'])) ? 'Always' : 'IfNotPresent';
    container['resources'] ??= {};
    container['terminationMessagePath'] ??= '/dev/termination-log';
    container['terminationMessagePolicy'] ??= 'File';
    for (const port of records(container['ports'])) port['protocol'] ??= 'TCP';
  }
}

/** What the scheduler, the kubelet and the controllers would have written by now: everything runs at once. */
export function settle(object: KubernetesObject): void {
  const replicas = Number(at(object, 'spec', 'replicas') ?? 1);
  const observedGeneration = object.metadata.generation ?? 1;
  const running = { observedGeneration, replicas, readyReplicas: replicas, availableReplicas: replicas };
  if (object.kind === 'Pod') startPod(object);
  if (object.kind === 'ReplicaSet') object['status'] = { ...running, fullyLabeledReplicas: replicas };
  if (object.kind === 'StatefulSet')
    object['status'] = { ...running, updatedReplicas: replicas, currentReplicas: replicas };
  if (object.kind === 'Deployment') {
    const conditions = [
      {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      },
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: 'ReplicaSet has successfully progressed.',
      },
    ];
    object['status'] = { ...running, updatedReplicas: replicas, conditions };
  }
  if (object.kind === 'DaemonSet') {
    const counts = { desiredNumberScheduled: 1, currentNumberScheduled: 1, numberReady: 1, updatedNumberScheduled: 1 };
    object['status'] = { observedGeneration, ...counts, numberAvailable: 1, numberMisscheduled: 0 };
  }
  if (object.kind === 'Job') {
    const now = timestamp();
    const condition = { type: 'Complete', status: 'True', lastProbeTime: now, lastTransitionTime: now };
    object['status'] = { succeeded: 1, startTime: now, completionTime: now, conditions: [condition] };
  }
}

function startPod(pod: KubernetesObject): void {
  const spec = child(pod, 'spec');
  spec['nodeName'] ??= 'node-1';
  spec['serviceAccountName'] ??= 'default';
  if (isRecord(pod['status'])) return;
  const startedAt = timestamp();
  addresses += 1;
  const ip = `10.244.${(addresses >> 8) & 255}.${addresses & 255}`;
  pod['status'] = {
    phase: 'Running',
    conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
      type,
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: startedAt,
    })),
    hostIP: '192.168.0.11',
    podIP: ip,
    podIPs: [{ ip }],
    startTime: startedAt,
    qosClass: 'BestEffort',
    containerStatuses: records(spec['containers']).map((container) => runningStatus(container, startedAt)),
  };
}

export function runningStatus(container: Readonly<Mutable>, startedAt: string): Mutable {
  return {
    name: container['name'],
    image: container['image'],
    imageID: '',
    containerID: `containerd://${randomUUID().replaceAll('-', '')}`,
    ready: true,
    started: true,
    restartCount: 0,
    state: { running: { startedAt } },
    lastState: {},
  };
}
