import { decodeProtobuf } from '@sallyport/kubernetes-protobuf';
import type { Kubernetes } from './index.js';
import { kubectl, startKubernetes } from './index.js';

const selector = { matchLabels: { app: 'x' }, matchExpressions: [{ key: 'k', operator: 'In', values: ['a', 'b'] }] };
const nodeTerm = {
  matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['z'] }],
  matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }],
};
const podTerm = { labelSelector: selector, topologyKey: 'zone', namespaces: ['web'], namespaceSelector: {} };
const items = [{ key: 'a', path: 'b', mode: 0o400 }];
const probe = {
  timeoutSeconds: 2,
  periodSeconds: 3,
  successThreshold: 1,
  failureThreshold: 4,
  initialDelaySeconds: 5,
  terminationGracePeriodSeconds: 6,
};
const securityContext = {
  privileged: false,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 0,
  runAsGroup: 5,
  procMount: 'Default',
  capabilities: { add: ['NET_ADMIN'], drop: ['ALL'] },
  seLinuxOptions: { level: 's0', role: 'r', type: 't', user: 'u' },
  seccompProfile: { type: 'Localhost', localhostProfile: 'p.json' },
  appArmorProfile: { type: 'RuntimeDefault' },
  windowsOptions: { hostProcess: false, runAsUserName: 'w' },
};

/** A field of each kind that a container has. */
const container = {
  name: 'c',
  image: 'nginx:1',
  command: ['sh'],
  args: ['', '-c'],
  workingDir: '/w',
  ports: [{ name: 'http', containerPort: 80, hostPort: 8080, hostIP: '127.0.0.1', protocol: 'TCP' }],
  env: [
    { name: 'A', value: 'ünï' },
    { name: 'B', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
    { name: 'C', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
    { name: 'D', valueFrom: { configMapKeyRef: { name: 'm', key: 'k', optional: true } } },
    { name: 'E', valueFrom: { secretKeyRef: { name: 's', key: 'k', optional: false } } },
  ],
  envFrom: [{ prefix: 'P_', configMapRef: { name: 'm' } }, { secretRef: { name: 's', optional: false } }],
  resources: {
    limits: { cpu: '1', memory: '1Gi' },
    requests: { cpu: '100m' },
    claims: [{ name: 'gpu', request: 'one' }],
  },
  resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
  volumeMounts: [
    {
      name: 'v',
      mountPath: '/v',
      readOnly: true,
      subPath: 's',
      mountPropagation: 'None',
      recursiveReadOnly: 'Disabled',
    },
    { name: 'v', mountPath: '/x', subPathExpr: '$(A)' },
  ],
  volumeDevices: [{ name: 'd', devicePath: '/dev/x' }],
  livenessProbe: {
    ...probe,
    httpGet: { path: '/', port: 'http', host: 'h', scheme: 'HTTPS', httpHeaders: [{ name: 'a', value: 'b' }] },
  },
  readinessProbe: { ...probe, tcpSocket: { port: 80, host: 'h' } },
  startupProbe: { ...probe, grpc: { port: 9, service: '' } },
  lifecycle: { postStart: { exec: { command: ['a'] } }, preStop: { sleep: { seconds: 5 } } },
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'File',
  imagePullPolicy: 'Always',
  securityContext,
  stdin: true,
  stdinOnce: true,
  tty: true,
};
const volumes = [
  { name: 'v1', hostPath: { path: '/', type: '' } },
  { name: 'v2', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
  { name: 'v3', secret: { secretName: 's', items, defaultMode: 0o600, optional: true } },
  { name: 'v4', configMap: { name: 'm', items, defaultMode: 0o644, optional: false } },
  { name: 'v5', persistentVolumeClaim: { claimName: 'p', readOnly: true } },
  { name: 'v6', nfs: { server: 's', path: '/', readOnly: true } },
  {
    name: 'v7',
    csi: {
      driver: 'd',
      readOnly: false,
      fsType: '',
      volumeAttributes: { a: 'b' },
      nodePublishSecretRef: { name: 's' },
    },
  },
  {
    name: 'v8',
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { audience: 'a', expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items } },
        { secret: { name: 's', optional: true } },
        {
          downwardAPI: { items: [{ path: 'n', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' }, mode: 1 }] },
        },
        { clusterTrustBundle: { signerName: 's/x', labelSelector: selector, path: 'ca', optional: false } },
      ],
    },
  },
  {
    name: 'v9',
    downwardAPI: {
      defaultMode: 1,
      items: [{ path: 'c', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu', divisor: '0' } }],
    },
  },
  {
    name: 'v10',
    ephemeral: {
      volumeClaimTemplate: {
        metadata: { labels: { a: 'b' } },
        spec: {
          accessModes: ['ReadWriteOnce'],
          storageClassName: '',
          volumeMode: 'Block',
          resources: { requests: { storage: '1Gi' } },
        },
      },
    },
  },
  { name: 'v11', iscsi: { targetPortal: 'p', iqn: 'q', lun: 3, portals: ['a'], initiatorName: '' } },
  { name: 'v12', image: { reference: 'r', pullPolicy: 'Never' } },
];
const spec = {
  restartPolicy: 'Never',
  terminationGracePeriodSeconds: 0,
  activeDeadlineSeconds: 1,
  dnsPolicy: 'None',
  dnsConfig: {
    nameservers: ['1.1.1.1'],
    searches: ['s'],
    options: [{ name: 'ndots', value: '2' }, { name: 'rotate' }],
  },
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  serviceAccountName: 'robot',
  serviceAccount: 'robot',
  automountServiceAccountToken: false,
  nodeName: 'node-1',
  hostNetwork: true,
  hostPID: true,
  hostIPC: true,
  hostUsers: false,
  shareProcessNamespace: false,
  hostname: 'h',
  subdomain: 's',
  setHostnameAsFQDN: false,
  hostAliases: [{ ip: '127.0.0.1', hostnames: ['a', 'b'] }],
  schedulerName: 'x',
  schedulingGates: [{ name: 'g' }],
  priorityClassName: 'high',
  priority: -1,
  preemptionPolicy: 'Never',
  runtimeClassName: 'gvisor',
  enableServiceLinks: true,
  overhead: { cpu: '1m' },
  os: { name: 'linux' },
  imagePullSecrets: [{ name: 'pull' }],
  readinessGates: [{ conditionType: 'c' }],
  resourceClaims: [{ name: 'gpu', resourceClaimTemplateName: 't' }],
  tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoExecute', tolerationSeconds: 0 }],
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: 'zone',
      whenUnsatisfiable: 'DoNotSchedule',
      labelSelector: selector,
      minDomains: 2,
      nodeAffinityPolicy: 'Honor',
      nodeTaintsPolicy: 'Ignore',
      matchLabelKeys: ['a'],
    },
  ],
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [nodeTerm] },
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: nodeTerm }],
    },
    podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [podTerm] },
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 2, podAffinityTerm: podTerm }] },
  },
  securityContext: {
    fsGroup: 0,
    fsGroupChangePolicy: 'Always',
    supplementalGroups: [0, 4_294_967_296],
    supplementalGroupsPolicy: 'Merge',
    sysctls: [{ name: 'a', value: '1' }],
    seLinuxChangePolicy: 'Recursive',
  },
  containers: [container],
  initContainers: [{ name: 'i', image: 'i', restartPolicy: 'Always', resources: {} }],
  volumes,
};
const schedule = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'daily', namespace: 'web' },
  spec: {
    schedule: '@daily',
    jobTemplate: {
      spec: {
        parallelism: 0,
        backoffLimitPerIndex: 1,
        completionMode: 'Indexed',
        podFailurePolicy: {
          rules: [{ action: 'Ignore', onExitCodes: { containerName: 'c', operator: 'In', values: [1, 2] } }],
        },
        template: { metadata: { annotations: { a: 'b' } }, spec },
      },
    },
  },
};

let server: Kubernetes;
beforeAll(async () => {
  server = await startKubernetes();
});
afterAll(() => server.stop());

// kubectl reads the schedule as JSON and sends what it holds as protobuf.
test('kubectl create job --from a schedule whose pod has a field of every kind', async () => {
  const kubeconfig = server.kubeconfig();
  const made = await kubectl(['create', '-f', '-'], { kubeconfig, input: JSON.stringify(schedule) });
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const sent = await kubectl(['create', 'job', 'once', '--from=cronjob/daily', '-n', 'web'], { kubeconfig });
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  const request = server.requests.findLast(({ method }) => method === 'POST');
  expect(request?.rawHeaders).toContain('application/vnd.kubernetes.protobuf');
  const decoded = JSON.parse(JSON.stringify(decodeProtobuf(request?.body ?? Buffer.alloc(0)))) as typeof schedule;
  const { template, ...job } = schedule.spec.jobTemplate.spec;
  expect(decoded.spec).toMatchObject(job);
  expect(decoded.spec).toMatchObject({ template });
  const { spec: pod } = (decoded.spec as unknown as { template: { spec: object } }).template;
  expect(Object.keys(pod).sort()).toEqual(Object.keys(spec).sort());
});
