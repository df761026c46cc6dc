/** Roles, reviews, tokens and certificates (rbac, authorization, authentication, certificates). Notation: `compileMessage`. */
export const accessMessages: Readonly<Record<string, string>> = {
  ExtraValue: 'items:1=[string]',
  SelfSubjectReview: 'metadata:1=ObjectMeta status:2=SelfSubjectReviewStatus',
  SelfSubjectReviewStatus: 'userInfo:1=UserInfo',
  UserInfo: 'username:1 uid:2 groups:3=[string] extra:4={ExtraValue}',
  TokenRequest: 'metadata:1=ObjectMeta spec:2=TokenRequestSpec status:3=TokenRequestStatus',
  TokenRequestSpec: 'audiences:1=[string] boundObjectRef:3=BoundObjectReference expirationSeconds:4=long?',
  BoundObjectReference: 'kind:1 apiVersion:2 name:3 uid:4',
  TokenRequestStatus: 'token:1 expirationTimestamp:2=Time',
  SelfSubjectAccessReview:
    'metadata:1=ObjectMeta spec:2=SelfSubjectAccessReviewSpec status:3=SubjectAccessReviewStatus',
  SelfSubjectAccessReviewSpec: 'resourceAttributes:1=ResourceAttributes nonResourceAttributes:2=NonResourceAttributes',
  ResourceAttributes:
    'namespace:1 verb:2 group:3 version:4 resource:5 subresource:6 name:7 fieldSelector:8=FieldSelectorAttributes ' +
    'labelSelector:9=LabelSelectorAttributes',
  FieldSelectorAttributes: 'rawSelector:1 requirements:2=[FieldSelectorRequirement]',
  LabelSelectorAttributes: 'rawSelector:1 requirements:2=[LabelSelectorRequirement]',
  NonResourceAttributes: 'path:1 verb:2',
  SubjectAccessReviewStatus: 'allowed:1=bool reason:2 evaluationError:3 denied:4=bool',
  SelfSubjectRulesReview: 'metadata:1=ObjectMeta spec:2=SelfSubjectRulesReviewSpec status:3=SubjectRulesReviewStatus',
  SelfSubjectRulesReviewSpec: 'namespace:1',
  SubjectRulesReviewStatus:
    'resourceRules:1=[ResourceRule] nonResourceRules:2=[NonResourceRule] incomplete:3=bool evaluationError:4',
  ResourceRule: 'verbs:1=[string] apiGroups:2=[string] resources:3=[string] resourceNames:4=[string]',
  NonResourceRule: 'verbs:1=[string] nonResourceURLs:2=[string]',
  CertificateSigningRequest:
    'metadata:1=ObjectMeta spec:2=CertificateSigningRequestSpec status:3=CertificateSigningRequestStatus',
  CertificateSigningRequestSpec:
    'request:1=bytes username:2 uid:3 groups:4=[string] usages:5=[string] extra:6={ExtraValue} signerName:7 ' +
    'expirationSeconds:8=int?',
  CertificateSigningRequestStatus: 'conditions:1=[CertificateSigningRequestCondition] certificate:2=bytes',
  CertificateSigningRequestCondition:
    'type:1 reason:2 message:3 lastUpdateTime:4=Time lastTransitionTime:5=Time status:6',
  ClusterRole: 'metadata:1=ObjectMeta rules:2=[PolicyRule] aggregationRule:3=AggregationRule',
  PolicyRule:
    'verbs:1=[string] apiGroups:2=[string] resources:3=[string] resourceNames:4=[string] ' +
    'nonResourceURLs:5=[string]',
  AggregationRule: 'clusterRoleSelectors:1=[LabelSelector]',
  ClusterRoleBinding: 'metadata:1=ObjectMeta subjects:2=[Subject] roleRef:3=RoleRef',
  Subject: 'kind:1 apiGroup:2 name:3 namespace:4',
  RoleRef: 'apiGroup:1 kind:2 name:3',
  Role: 'metadata:1=ObjectMeta rules:2=[PolicyRule]',
  RoleBinding: 'metadata:1=ObjectMeta subjects:2=[Subject] roleRef:3=RoleRef',
};
