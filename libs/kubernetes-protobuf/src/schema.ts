/**
 * The messages that kubectl sends as protobuf, field by field: `name:number`, then `=type` where it is no string.
 * `int` and `bool` are left out when zero, as Go's `omitempty` does; `int?` and `bool?` are pointers there and keep
 * it. Numbers are those of the `generated.proto` files of k8s.io/api and k8s.io/apimachinery.
 */
const sources: Readonly<Record<string, string>> = {
  ObjectMeta:
    'name:1 generateName:2 namespace:3 selfLink:4 uid:5 resourceVersion:6 generation:7=int creationTimestamp:8=Time ' +
    'deletionTimestamp:9=Time deletionGracePeriodSeconds:10=int? labels:11=map annotations:12=map ' +
    'ownerReferences:13=[OwnerReference] finalizers:14=[string] managedFields:17=[ManagedFields]',
  ManagedFields: 'manager:1 operation:2 apiVersion:3 time:4=Time fieldsType:6 fieldsV1:7=RawJson subresource:8',
  OwnerReference: 'kind:1 name:3 uid:4 apiVersion:5 controller:6=bool? blockOwnerDeletion:7=bool?',
  LabelSelector: 'matchLabels:1=map matchExpressions:2=[LabelSelectorRequirement]',
  LabelSelectorRequirement: 'key:1 operator:2 values:3=[string]',
  ObjectReference: 'kind:1 namespace:2 name:3 uid:4 apiVersion:5 resourceVersion:6 fieldPath:7',
  LocalObjectReference: 'name:1',

  ConfigMap: 'metadata:1=ObjectMeta data:2=map binaryData:3=bytesMap immutable:4=bool?',
  Secret: 'metadata:1=ObjectMeta data:2=bytesMap type:3 stringData:4=map immutable:5=bool?',
  Namespace: 'metadata:1=ObjectMeta spec:2=NamespaceSpec status:3=NamespaceStatus',
  NamespaceSpec: 'finalizers:1=[string]',
  NamespaceStatus: 'phase:1',
  ServiceAccount:
    'metadata:1=ObjectMeta secrets:2=[ObjectReference] imagePullSecrets:3=[LocalObjectReference] ' +
    'automountServiceAccountToken:4=bool?',
  Service: 'metadata:1=ObjectMeta spec:2=ServiceSpec status:3=ServiceStatus',
  ServiceSpec:
    'ports:1=[ServicePort] selector:2=map clusterIP:3 type:4 externalIPs:5=[string] sessionAffinity:7 loadBalancerIP:8 ' +
    'loadBalancerSourceRanges:9=[string] externalName:10 externalTrafficPolicy:11 healthCheckNodePort:12=int ' +
    'publishNotReadyAddresses:13=bool clusterIPs:18=[string] ipFamilies:19=[string]',
  ServicePort: 'name:1 protocol:2 port:3=int targetPort:4=IntOrString nodePort:5=int appProtocol:6',
  ServiceStatus: 'loadBalancer:1=LoadBalancerStatus',
  LoadBalancerStatus: '',

  Pod: 'metadata:1=ObjectMeta spec:2=PodSpec status:3=PodStatus',
  PodStatus: 'phase:1 message:3 reason:4 hostIP:5 podIP:6 qosClass:9 nominatedNodeName:11 resize:14',
  PodTemplateSpec: 'metadata:1=ObjectMeta spec:2=PodSpec',
  PodSpec:
    'volumes:1=[Volume] containers:2=[Container] restartPolicy:3 terminationGracePeriodSeconds:4=int? ' +
    'activeDeadlineSeconds:5=int? dnsPolicy:6 nodeSelector:7=map serviceAccountName:8 serviceAccount:9 nodeName:10 ' +
    'hostNetwork:11=bool hostPID:12=bool hostIPC:13=bool securityContext:14=PodSecurityContext ' +
    'imagePullSecrets:15=[LocalObjectReference] hostname:16 subdomain:17 schedulerName:19 initContainers:20=[Container] ' +
    'automountServiceAccountToken:21=bool? tolerations:22=[Toleration] priorityClassName:24 priority:25=int? ' +
    'shareProcessNamespace:27=bool? runtimeClassName:29 enableServiceLinks:30=bool?',
  PodSecurityContext:
    'runAsUser:2=int? runAsNonRoot:3=bool? supplementalGroups:4=[int] fsGroup:5=int? runAsGroup:6=int?',
  Container:
    'name:1 image:2 command:3=[string] args:4=[string] workingDir:5 ports:6=[ContainerPort] env:7=[EnvVar] ' +
    'resources:8=ResourceRequirements volumeMounts:9=[VolumeMount] terminationMessagePath:13 imagePullPolicy:14 ' +
    'securityContext:15=SecurityContext stdin:16=bool stdinOnce:17=bool tty:18=bool envFrom:19=[EnvFromSource] ' +
    'terminationMessagePolicy:20',
  ContainerPort: 'name:1 hostPort:2=int containerPort:3=int protocol:4 hostIP:5',
  EnvVar: 'name:1 value:2 valueFrom:3=EnvVarSource',
  EnvVarSource: 'fieldRef:1=FieldReference configMapKeyRef:3=KeySelector secretKeyRef:4=KeySelector',
  FieldReference: 'apiVersion:1 fieldPath:2',
  KeySelector: 'localObjectReference:1=LocalObjectReference! key:2 optional:3=bool?',
  EnvFromSource: 'prefix:1 configMapRef:2=EnvFromReference secretRef:3=EnvFromReference',
  EnvFromReference: 'localObjectReference:1=LocalObjectReference! optional:2=bool?',
  ResourceRequirements: 'limits:1=quantityMap requests:2=quantityMap',
  VolumeMount: 'name:1 readOnly:2=bool mountPath:3 subPath:4 subPathExpr:6',
  SecurityContext:
    'capabilities:1=Capabilities privileged:2=bool? runAsUser:4=int? runAsNonRoot:5=bool? readOnlyRootFilesystem:6=bool? ' +
    'allowPrivilegeEscalation:7=bool? runAsGroup:8=int?',
  Capabilities: 'add:1=[string] drop:2=[string]',
  Toleration: 'key:1 operator:2 value:3 effect:4 tolerationSeconds:5=int?',
  Volume: 'name:1 volumeSource:2=VolumeSource!',
  VolumeSource: 'hostPath:1=HostPath emptyDir:2=EmptyDir secret:6=SecretVolume configMap:19=ConfigMapVolume',
  HostPath: 'path:1 type:2',
  EmptyDir: 'medium:1',
  SecretVolume: 'secretName:1 optional:4=bool?',
  ConfigMapVolume: 'localObjectReference:1=LocalObjectReference! optional:4=bool?',

  Deployment: 'metadata:1=ObjectMeta spec:2=DeploymentSpec status:3=WorkloadStatus',
  DeploymentSpec:
    'replicas:1=int? selector:2=LabelSelector template:3=PodTemplateSpec strategy:4=DeploymentStrategy ' +
    'minReadySeconds:5=int revisionHistoryLimit:6=int? paused:7=bool progressDeadlineSeconds:9=int?',
  DeploymentStrategy: 'type:1 rollingUpdate:2=RollingUpdate',
  RollingUpdate: 'maxUnavailable:1=IntOrString maxSurge:2=IntOrString',
  WorkloadStatus:
    'observedGeneration:1=int replicas:2=int updatedReplicas:3=int availableReplicas:4=int unavailableReplicas:5=int ' +
    'readyReplicas:7=int',
  Job: 'metadata:1=ObjectMeta spec:2=JobSpec status:3=JobStatus',
  JobSpec:
    'parallelism:1=int? completions:2=int? activeDeadlineSeconds:3=int? selector:4=LabelSelector manualSelector:5=bool? ' +
    'template:6=PodTemplateSpec backoffLimit:7=int? ttlSecondsAfterFinished:8=int?',
  JobStatus: 'completedIndexes:7 active:4=int succeeded:5=int failed:6=int',
  CronJob: 'metadata:1=ObjectMeta spec:2=CronJobSpec status:3=CronJobStatus',
  CronJobSpec:
    'schedule:1 startingDeadlineSeconds:2=int? concurrencyPolicy:3 suspend:4=bool? jobTemplate:5=JobTemplateSpec ' +
    'successfulJobsHistoryLimit:6=int? failedJobsHistoryLimit:7=int? timeZone:8',
  JobTemplateSpec: 'metadata:1=ObjectMeta spec:2=JobSpec',
  CronJobStatus: '',

  Role: 'metadata:1=ObjectMeta rules:2=[PolicyRule]',
  ClusterRole: 'metadata:1=ObjectMeta rules:2=[PolicyRule] aggregationRule:3=AggregationRule',
  AggregationRule: 'clusterRoleSelectors:1=[LabelSelector]',
  PolicyRule:
    'verbs:1=[string] apiGroups:2=[string] resources:3=[string] resourceNames:4=[string] nonResourceURLs:5=[string]',
  RoleBinding: 'metadata:1=ObjectMeta subjects:2=[Subject] roleRef:3=RoleRef',
  ClusterRoleBinding: 'metadata:1=ObjectMeta subjects:2=[Subject] roleRef:3=RoleRef',
  Subject: 'kind:1 apiGroup:2 name:3 namespace:4',
  RoleRef: 'apiGroup:1 kind:2 name:3',

  SelfSubjectAccessReview: 'metadata:1=ObjectMeta spec:2=AccessReviewSpec status:3=AccessReviewStatus',
  AccessReviewSpec: 'resourceAttributes:1=ResourceAttributes nonResourceAttributes:2=NonResourceAttributes',
  ResourceAttributes: 'namespace:1 verb:2 group:3 version:4 resource:5 subresource:6 name:7',
  NonResourceAttributes: 'path:1 verb:2',
  AccessReviewStatus: 'allowed:1=bool reason:2 evaluationError:3 denied:4=bool',
  SelfSubjectRulesReview: 'metadata:1=ObjectMeta spec:2=RulesReviewSpec status:3=RulesReviewStatus',
  RulesReviewSpec: 'namespace:1',
  RulesReviewStatus: 'incomplete:3=bool evaluationError:4',
  SelfSubjectReview: 'metadata:1=ObjectMeta status:2=SelfSubjectReviewStatus',
  SelfSubjectReviewStatus: 'userInfo:1=UserInfo',
  UserInfo: 'username:1 uid:2 groups:3=[string]',
  TokenRequest: 'metadata:1=ObjectMeta spec:2=TokenRequestSpec status:3=TokenRequestStatus',
  TokenRequestSpec: 'audiences:1=[string] boundObjectRef:3=BoundObjectReference expirationSeconds:4=int?',
  BoundObjectReference: 'kind:1 apiVersion:2 name:3 uid:4',
  TokenRequestStatus: 'token:1 expirationTimestamp:2=Time',
  Eviction: 'metadata:1=ObjectMeta deleteOptions:2=DeleteOptions',
  DeleteOptions:
    'gracePeriodSeconds:1=int? preconditions:2=Preconditions orphanDependents:3=bool? propagationPolicy:4 dryRun:5=[string]',
  Preconditions: 'uid:1 resourceVersion:2',
  PodDisruptionBudget: 'metadata:1=ObjectMeta spec:2=PodDisruptionBudgetSpec status:3=PodDisruptionBudgetStatus',
  PodDisruptionBudgetSpec: 'minAvailable:1=IntOrString selector:2=LabelSelector maxUnavailable:3=IntOrString',
  PodDisruptionBudgetStatus:
    'observedGeneration:1=int disruptionsAllowed:3=int currentHealthy:4=int desiredHealthy:5=int expectedPods:6=int',
  Ingress: 'metadata:1=ObjectMeta spec:2=IngressSpec status:3=ServiceStatus',
  IngressSpec: 'defaultBackend:1=IngressBackend tls:2=[IngressTls] rules:3=[IngressRule] ingressClassName:4',
  IngressTls: 'hosts:1=[string] secretName:2',
  IngressRule: 'host:1 ingressRuleValue:2=IngressRuleValue!',
  IngressRuleValue: 'http:1=IngressPaths',
  IngressPaths: 'paths:1=[IngressPath]',
  IngressPath: 'path:1 backend:2=IngressBackend pathType:3',
  IngressBackend: 'service:4=IngressService',
  IngressService: 'name:1 port:2=IngressPort',
  IngressPort: 'name:1 number:2=int',
  ResourceQuota: 'metadata:1=ObjectMeta spec:2=ResourceQuotaSpec status:3=ResourceQuotaStatus',
  ResourceQuotaSpec: 'hard:1=quantityMap scopes:2=[string]',
  ResourceQuotaStatus: 'hard:1=quantityMap used:2=quantityMap',
  PriorityClass: 'metadata:1=ObjectMeta value:2=int globalDefault:3=bool description:4 preemptionPolicy:5',
  CertificateSigningRequest: 'metadata:1=ObjectMeta spec:2=CertificateSpec status:3=CertificateStatus',
  CertificateSpec:
    'request:1=bytes username:2 uid:3 groups:4=[string] usages:5=[string] signerName:7 expirationSeconds:8=int?',
  CertificateStatus: 'conditions:1=[CertificateCondition] certificate:2=bytes',
  CertificateCondition: 'type:1 reason:2 message:3 lastUpdateTime:4=Time lastTransitionTime:5=Time status:6',
  Unknown: 'typeMeta:1=TypeMeta raw:2=bytes contentEncoding:3 contentType:4',
  TypeMeta: 'apiVersion:1 kind:2',
};

export interface ProtobufField {
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
  /** Written even when zero. */
  readonly keepsZero: boolean;
  /** Its fields are those of the message around it: Go embeds it. */
  readonly embedded: boolean;
}
export type ProtobufMessage = ReadonlyMap<number, ProtobufField>;

const compiled = new Map<string, ProtobufMessage>();

/** Undefined for a message that is not listed. */
export function protobufMessage(name: string): ProtobufMessage | undefined {
  const known = compiled.get(name);
  const source = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (known || source === undefined) return known;
  const message = new Map(source.split(' ').filter(Boolean).map(compileField));
  compiled.set(name, message);
  return message;
}

function compileField(source: string): [number, ProtobufField] {
  const [, name = '', number = '', open, type = 'string', mark] =
    /^(\w+):(\d+)(?:=(\[)?(\w+)\]?([?!])?)?$/.exec(source) ?? [];
  return [Number(number), { name, type, repeated: open === '[', keepsZero: mark === '?', embedded: mark === '!' }];
}
