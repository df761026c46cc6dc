/** Objects of the core group, networking and scheduling, pods aside. Notation: `compileMessage`. */
export const coreMessages: Readonly<Record<string, string>> = {
  ConfigMap: 'metadata:1=ObjectMeta data:2={string} binaryData:3={bytes} immutable:4=bool?',
  Namespace: 'metadata:1=ObjectMeta spec:2=NamespaceSpec status:3=NamespaceStatus',
  NamespaceSpec: 'finalizers:1=[string]',
  NamespaceStatus: 'phase:1 conditions:2=[NamespaceCondition]',
  NamespaceCondition: 'type:1 status:2 lastTransitionTime:4=Time reason:5 message:6',
  ResourceQuota: 'metadata:1=ObjectMeta spec:2=ResourceQuotaSpec status:3=ResourceQuotaStatus',
  ResourceQuotaSpec: 'hard:1={Quantity} scopes:2=[string] scopeSelector:3=ScopeSelector',
  ScopeSelector: 'matchExpressions:1=[ScopedResourceSelectorRequirement]',
  ScopedResourceSelectorRequirement: 'scopeName:1 operator:2 values:3=[string]',
  ResourceQuotaStatus: 'hard:1={Quantity} used:2={Quantity}',
  Secret: 'metadata:1=ObjectMeta data:2={bytes} type:3 stringData:4={string} immutable:5=bool?',
  Service: 'metadata:1=ObjectMeta spec:2=ServiceSpec status:3=ServiceStatus',
  ServiceSpec:
    'ports:1=[ServicePort] selector:2={string} clusterIP:3 type:4 externalIPs:5=[string] sessionAffinity:7 ' +
    'loadBalancerIP:8 loadBalancerSourceRanges:9=[string] externalName:10 externalTrafficPolicy:11 ' +
    'healthCheckNodePort:12=int publishNotReadyAddresses:13=bool sessionAffinityConfig:14=SessionAffinityConfig ' +
    'ipFamilyPolicy:17=string? clusterIPs:18=[string] ipFamilies:19=[string] ' +
    'allocateLoadBalancerNodePorts:20=bool? loadBalancerClass:21=string? internalTrafficPolicy:22=string? ' +
    'trafficDistribution:23=string?',
  ServicePort: 'name:1 protocol:2 port:3=int targetPort:4=IntOrString nodePort:5=int appProtocol:6=string?',
  SessionAffinityConfig: 'clientIP:1=ClientIPConfig',
  ClientIPConfig: 'timeoutSeconds:1=int?',
  ServiceStatus: 'loadBalancer:1=LoadBalancerStatus conditions:2=[Condition]',
  LoadBalancerStatus: 'ingress:1=[LoadBalancerIngress]',
  LoadBalancerIngress: 'ip:1 hostname:2 ipMode:3=string? ports:4=[PortStatus]',
  PortStatus: 'port:1=int protocol:2 error:3=string?',
  ServiceAccount:
    'metadata:1=ObjectMeta secrets:2=[ObjectReference] imagePullSecrets:3=[LocalObjectReference] ' +
    'automountServiceAccountToken:4=bool?',
  ObjectReference: 'kind:1 namespace:2 name:3 uid:4 apiVersion:5 resourceVersion:6 fieldPath:7',
  PodTemplateSpec: 'metadata:1=ObjectMeta spec:2=PodSpec',
  Ingress: 'metadata:1=ObjectMeta spec:2=IngressSpec status:3=IngressStatus',
  IngressSpec: 'defaultBackend:1=IngressBackend tls:2=[IngressTLS] rules:3=[IngressRule] ingressClassName:4=string?',
  IngressBackend: 'resource:3=TypedLocalObjectReference service:4=IngressServiceBackend',
  IngressServiceBackend: 'name:1 port:2=ServiceBackendPort',
  ServiceBackendPort: 'name:1 number:2=int',
  IngressTLS: 'hosts:1=[string] secretName:2',
  IngressRule: 'host:1 ingressRuleValue:2=IngressRuleValue!',
  IngressRuleValue: 'http:1=HTTPIngressRuleValue',
  HTTPIngressRuleValue: 'paths:1=[HTTPIngressPath]',
  HTTPIngressPath: 'path:1 backend:2=IngressBackend pathType:3=string?',
  IngressStatus: 'loadBalancer:1=IngressLoadBalancerStatus',
  IngressLoadBalancerStatus: 'ingress:1=[IngressLoadBalancerIngress]',
  IngressLoadBalancerIngress: 'ip:1 hostname:2 ports:4=[IngressPortStatus]',
  IngressPortStatus: 'port:1=int protocol:2 error:3=string?',
  PriorityClass: 'metadata:1=ObjectMeta value:2=int globalDefault:3=bool description:4 preemptionPolicy:5=string?',
};
