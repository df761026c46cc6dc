/** Pods and what they hold, volumes aside (core/v1). Notation: `compileMessage`. */
export const podMessages: Readonly<Record<string, string>> = {
  Pod: 'metadata:1=ObjectMeta spec:2=PodSpec status:3=PodStatus',
  PodSpec:
    'volumes:1=[Volume] containers:2=[Container] restartPolicy:3 terminationGracePeriodSeconds:4=long? ' +
    'activeDeadlineSeconds:5=long? dnsPolicy:6 nodeSelector:7={string} serviceAccountName:8 serviceAccount:9 ' +
    'nodeName:10 hostNetwork:11=bool hostPID:12=bool hostIPC:13=bool securityContext:14=PodSecurityContext ' +
    'imagePullSecrets:15=[LocalObjectReference] hostname:16 subdomain:17 affinity:18=Affinity schedulerName:19 ' +
    'initContainers:20=[Container] automountServiceAccountToken:21=bool? tolerations:22=[Toleration] ' +
    'hostAliases:23=[HostAlias] priorityClassName:24 priority:25=int? dnsConfig:26=PodDNSConfig ' +
    'shareProcessNamespace:27=bool? readinessGates:28=[PodReadinessGate] runtimeClassName:29=string? ' +
    'enableServiceLinks:30=bool? preemptionPolicy:31=string? overhead:32={Quantity} ' +
    'topologySpreadConstraints:33=[TopologySpreadConstraint] ephemeralContainers:34=[EphemeralContainer] ' +
    'setHostnameAsFQDN:35=bool? os:36=PodOS hostUsers:37=bool? schedulingGates:38=[PodSchedulingGate] ' +
    'resourceClaims:39=[PodResourceClaim] resources:40=ResourceRequirements',
  Container:
    'name:1 image:2 command:3=[string] args:4=[string] workingDir:5 ports:6=[ContainerPort] env:7=[EnvVar] ' +
    'resources:8=ResourceRequirements volumeMounts:9=[VolumeMount] livenessProbe:10=Probe readinessProbe:11=Probe ' +
    'lifecycle:12=Lifecycle terminationMessagePath:13 imagePullPolicy:14 securityContext:15=SecurityContext ' +
    'stdin:16=bool stdinOnce:17=bool tty:18=bool envFrom:19=[EnvFromSource] terminationMessagePolicy:20 ' +
    'volumeDevices:21=[VolumeDevice] startupProbe:22=Probe resizePolicy:23=[ContainerResizePolicy] ' +
    'restartPolicy:24=string?',
  ContainerPort: 'name:1 hostPort:2=int containerPort:3=int protocol:4 hostIP:5',
  EnvFromSource: 'prefix:1 configMapRef:2=ConfigMapEnvSource secretRef:3=SecretEnvSource',
  ConfigMapEnvSource: 'localObjectReference:1=LocalObjectReference! optional:2=bool?',
  SecretEnvSource: 'localObjectReference:1=LocalObjectReference! optional:2=bool?',
  EnvVar: 'name:1 value:2 valueFrom:3=EnvVarSource',
  EnvVarSource:
    'fieldRef:1=ObjectFieldSelector resourceFieldRef:2=ResourceFieldSelector ' +
    'configMapKeyRef:3=ConfigMapKeySelector secretKeyRef:4=SecretKeySelector',
  ConfigMapKeySelector: 'localObjectReference:1=LocalObjectReference! key:2 optional:3=bool?',
  SecretKeySelector: 'localObjectReference:1=LocalObjectReference! key:2 optional:3=bool?',
  ResourceRequirements: 'limits:1={Quantity} requests:2={Quantity} claims:3=[ResourceClaim]',
  ResourceClaim: 'name:1 request:2',
  ContainerResizePolicy: 'resourceName:1 restartPolicy:2',
  VolumeMount:
    'name:1 readOnly:2=bool mountPath:3 subPath:4 mountPropagation:5=string? subPathExpr:6 ' +
    'recursiveReadOnly:7=string?',
  VolumeDevice: 'name:1 devicePath:2',
  Probe:
    'handler:1=ProbeHandler! initialDelaySeconds:2=int timeoutSeconds:3=int periodSeconds:4=int ' +
    'successThreshold:5=int failureThreshold:6=int terminationGracePeriodSeconds:7=long?',
  ProbeHandler: 'exec:1=ExecAction httpGet:2=HTTPGetAction tcpSocket:3=TCPSocketAction grpc:4=GRPCAction',
  ExecAction: 'command:1=[string]',
  HTTPGetAction: 'path:1 port:2=IntOrString host:3 scheme:4 httpHeaders:5=[HTTPHeader]',
  HTTPHeader: 'name:1 value:2',
  TCPSocketAction: 'port:1=IntOrString host:2',
  GRPCAction: 'port:1=int service:2=string?',
  Lifecycle: 'postStart:1=LifecycleHandler preStop:2=LifecycleHandler stopSignal:3=string?',
  LifecycleHandler: 'exec:1=ExecAction httpGet:2=HTTPGetAction tcpSocket:3=TCPSocketAction sleep:4=SleepAction',
  SleepAction: 'seconds:1=long',
  SecurityContext:
    'capabilities:1=Capabilities privileged:2=bool? seLinuxOptions:3=SELinuxOptions runAsUser:4=long? ' +
    'runAsNonRoot:5=bool? readOnlyRootFilesystem:6=bool? allowPrivilegeEscalation:7=bool? runAsGroup:8=long? ' +
    'procMount:9=string? windowsOptions:10=WindowsSecurityContextOptions seccompProfile:11=SeccompProfile ' +
    'appArmorProfile:12=AppArmorProfile',
  Capabilities: 'add:1=[string] drop:2=[string]',
  SELinuxOptions: 'user:1 role:2 type:3 level:4',
  WindowsSecurityContextOptions:
    'gmsaCredentialSpecName:1=string? gmsaCredentialSpec:2=string? runAsUserName:3=string? hostProcess:4=bool?',
  SeccompProfile: 'type:1 localhostProfile:2=string?',
  AppArmorProfile: 'type:1 localhostProfile:2=string?',
  EphemeralContainer: 'None:1=EphemeralContainerCommon! targetContainerName:2',
  EphemeralContainerCommon:
    'name:1 image:2 command:3=[string] args:4=[string] workingDir:5 ports:6=[ContainerPort] env:7=[EnvVar] ' +
    'resources:8=ResourceRequirements volumeMounts:9=[VolumeMount] livenessProbe:10=Probe readinessProbe:11=Probe ' +
    'lifecycle:12=Lifecycle terminationMessagePath:13 imagePullPolicy:14 securityContext:15=SecurityContext ' +
    'stdin:16=bool stdinOnce:17=bool tty:18=bool envFrom:19=[EnvFromSource] terminationMessagePolicy:20 ' +
    'volumeDevices:21=[VolumeDevice] startupProbe:22=Probe resizePolicy:23=[ContainerResizePolicy] ' +
    'restartPolicy:24=string?',
  PodSecurityContext:
    'seLinuxOptions:1=SELinuxOptions runAsUser:2=long? runAsNonRoot:3=bool? supplementalGroups:4=[long] ' +
    'fsGroup:5=long? runAsGroup:6=long? sysctls:7=[Sysctl] windowsOptions:8=WindowsSecurityContextOptions ' +
    'fsGroupChangePolicy:9=string? seccompProfile:10=SeccompProfile appArmorProfile:11=AppArmorProfile ' +
    'supplementalGroupsPolicy:12=string? seLinuxChangePolicy:13=string?',
  Sysctl: 'name:1 value:2',
  Affinity: 'nodeAffinity:1=NodeAffinity podAffinity:2=PodAffinity podAntiAffinity:3=PodAntiAffinity',
  NodeAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution:1=NodeSelector ' +
    'preferredDuringSchedulingIgnoredDuringExecution:2=[PreferredSchedulingTerm]',
  NodeSelector: 'nodeSelectorTerms:1=[NodeSelectorTerm]',
  NodeSelectorTerm: 'matchExpressions:1=[NodeSelectorRequirement] matchFields:2=[NodeSelectorRequirement]',
  NodeSelectorRequirement: 'key:1 operator:2 values:3=[string]',
  PreferredSchedulingTerm: 'weight:1=int preference:2=NodeSelectorTerm',
  PodAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution:1=[PodAffinityTerm] ' +
    'preferredDuringSchedulingIgnoredDuringExecution:2=[WeightedPodAffinityTerm]',
  PodAffinityTerm:
    'labelSelector:1=LabelSelector namespaces:2=[string] topologyKey:3 namespaceSelector:4=LabelSelector ' +
    'matchLabelKeys:5=[string] mismatchLabelKeys:6=[string]',
  WeightedPodAffinityTerm: 'weight:1=int podAffinityTerm:2=PodAffinityTerm',
  PodAntiAffinity:
    'requiredDuringSchedulingIgnoredDuringExecution:1=[PodAffinityTerm] ' +
    'preferredDuringSchedulingIgnoredDuringExecution:2=[WeightedPodAffinityTerm]',
  Toleration: 'key:1 operator:2 value:3 effect:4 tolerationSeconds:5=long?',
  HostAlias: 'ip:1 hostnames:2=[string]',
  PodDNSConfig: 'nameservers:1=[string] searches:2=[string] options:3=[PodDNSConfigOption]',
  PodDNSConfigOption: 'name:1 value:2=string?',
  PodReadinessGate: 'conditionType:1',
  TopologySpreadConstraint:
    'maxSkew:1=int topologyKey:2 whenUnsatisfiable:3 labelSelector:4=LabelSelector minDomains:5=int? ' +
    'nodeAffinityPolicy:6=string? nodeTaintsPolicy:7=string? matchLabelKeys:8=[string]',
  PodOS: 'name:1',
  PodSchedulingGate: 'name:1',
  PodResourceClaim: 'name:1 resourceClaimName:3=string? resourceClaimTemplateName:4=string?',
  PodStatus:
    'phase:1 conditions:2=[PodCondition] message:3 reason:4 hostIP:5 podIP:6 startTime:7=Time ' +
    'containerStatuses:8=[ContainerStatus] qosClass:9 initContainerStatuses:10=[ContainerStatus] ' +
    'nominatedNodeName:11 podIPs:12=[PodIP] ephemeralContainerStatuses:13=[ContainerStatus] resize:14 ' +
    'resourceClaimStatuses:15=[PodResourceClaimStatus] hostIPs:16=[HostIP] observedGeneration:17=long',
  PodCondition:
    'type:1 status:2 lastProbeTime:3=Time lastTransitionTime:4=Time reason:5 message:6 observedGeneration:7=long',
  HostIP: 'ip:1',
  PodIP: 'ip:1',
  ContainerStatus:
    'name:1 state:2=ContainerState lastState:3=ContainerState ready:4=bool restartCount:5=int image:6 imageID:7 ' +
    'containerID:8 started:9=bool? allocatedResources:10={Quantity} resources:11=ResourceRequirements ' +
    'volumeMounts:12=[VolumeMountStatus] user:13=ContainerUser allocatedResourcesStatus:14=[ResourceStatus] ' +
    'stopSignal:15=string?',
  ContainerState:
    'waiting:1=ContainerStateWaiting running:2=ContainerStateRunning terminated:3=ContainerStateTerminated',
  ContainerStateWaiting: 'reason:1 message:2',
  ContainerStateRunning: 'startedAt:1=Time',
  ContainerStateTerminated:
    'exitCode:1=int signal:2=int reason:3 message:4 startedAt:5=Time finishedAt:6=Time containerID:7',
  VolumeMountStatus: 'name:1 mountPath:2 readOnly:3=bool recursiveReadOnly:4=string?',
  ContainerUser: 'linux:1=LinuxContainerUser',
  LinuxContainerUser: 'uid:1=long gid:2=long supplementalGroups:3=[long]',
  ResourceStatus: 'name:1 resources:2=[ResourceHealth]',
  ResourceHealth: 'resourceID:1 health:2',
  PodResourceClaimStatus: 'name:1 resourceClaimName:2=string?',
};
