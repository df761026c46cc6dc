export const protocols = ['postgres', 'mysql', 'ssh', 'kubernetes', 'http', 'mcp'] as const;
export type Protocol = (typeof protocols)[number];

/** The SQL actions of the policy language. */
export const sqlVerbs = [
  'connect',
  'select',
  'insert',
  'update',
  'delete',
  'truncate',
  'alter',
  'call',
  'copy',
  'reveal',
] as const;
export type SqlVerb = (typeof sqlVerbs)[number];

/** The actions on HTTP services. */
export const httpVerbs = ['request', 'reveal'] as const;
export type HttpVerb = (typeof httpVerbs)[number];

/** The actions on Kubernetes clusters; the API server's own verbs, and one for each subresource that leads further. */
export const kubernetesVerbs = [
  'get',
  'list',
  'watch',
  'create',
  'update',
  'patch',
  'delete',
  'deletecollection',
  'exec',
  'attach',
  'portForward',
  'logs',
  'proxy',
  'impersonate',
  'reveal',
] as const;
export type KubernetesVerb = (typeof kubernetesVerbs)[number];

/** The actions on SSH servers. */
export const sshVerbs = ['connect', 'shell', 'exec', 'sftpRead', 'sftpWrite', 'forward', 'reveal'] as const;
export type SshVerb = (typeof sshVerbs)[number];

export type Verb = SqlVerb | HttpVerb | KubernetesVerb | SshVerb;

/** The policy language's actions by protocol. Some words are said in several, about other objects and other facts. */
export const verbsOf: Readonly<Record<Exclude<Protocol, 'mcp'>, readonly Verb[]>> = {
  postgres: sqlVerbs,
  mysql: sqlVerbs,
  ssh: sshVerbs,
  kubernetes: kubernetesVerbs,
  http: httpVerbs,
};
/** Every action of the policy language that speaks about requests through gateways. */
export const allVerbs: readonly Verb[] = [...new Set(Object.values(verbsOf).flat())];
