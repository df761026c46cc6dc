import type { ObjectRef, Protocol, SqlVerb, KubernetesVerb, HttpVerb, SshVerb, Verb } from '@sallyport/domain';

export type ObjectKind = ObjectRef['kind'];

/**
 * What requests are about. Each language has its own objects and facts; some words, such as `delete`, are actions of
 * several and mean in each what its targets understand by them.
 */
export const languages = ['sql', 'http', 'kubernetes', 'ssh'] as const;
export type Language = (typeof languages)[number];

/** Undefined: policies cannot speak of this protocol yet, so nothing is permitted there. */
export function languageOf(protocol: Protocol): Language | undefined {
  switch (protocol) {
    case 'postgres':
    case 'mysql':
      return 'sql';
    case 'mcp':
      return undefined;
    default:
      return protocol;
  }
}

interface Word {
  readonly objects: readonly ObjectKind[];
  /** Names for several actions at once. */
  readonly groups: readonly string[];
}
type Vocabulary<V extends Verb> = Readonly<Record<V, Word>>;

const word = (objects: readonly ObjectKind[], ...groups: string[]): Word => ({ objects, groups });
const cluster: readonly ObjectKind[] = ['Resource', 'Namespace'];
const server: readonly ObjectKind[] = ['Resource'];

/** `reveal` is never in `read`: reading is not reading unmasked. */
const sql: Vocabulary<SqlVerb> = {
  connect: word(['Resource'], 'sql'),
  select: word(['Table', 'Column'], 'read', 'sql'),
  insert: word(['Table', 'Column'], 'write', 'sql'),
  update: word(['Table', 'Column'], 'write', 'sql'),
  delete: word(['Table'], 'write', 'sql'),
  truncate: word(['Table'], 'write', 'sql'),
  alter: word(['Resource', 'Schema', 'Table', 'Column', 'Function'], 'sql'),
  call: word(['Resource', 'Schema', 'Function', 'Table'], 'sql'),
  copy: word(['Resource', 'Table'], 'sql'),
  reveal: word(['Table', 'Column'], 'sql'),
};
const http: Vocabulary<HttpVerb> = {
  request: word(['Resource'], 'http'),
  reveal: word(['Field'], 'http'),
};
const kubernetes: Vocabulary<KubernetesVerb> = {
  get: word(cluster, 'read', 'kubernetes'),
  list: word(cluster, 'read', 'kubernetes'),
  watch: word(cluster, 'read', 'kubernetes'),
  create: word(cluster, 'write', 'kubernetes'),
  update: word(cluster, 'write', 'kubernetes'),
  patch: word(cluster, 'write', 'kubernetes'),
  delete: word(cluster, 'write', 'kubernetes'),
  deletecollection: word(cluster, 'write', 'kubernetes'),
  exec: word(cluster, 'kubernetes'),
  attach: word(cluster, 'kubernetes'),
  portForward: word(cluster, 'kubernetes'),
  logs: word(cluster, 'read', 'kubernetes'),
  proxy: word(cluster, 'kubernetes'),
  impersonate: word(cluster, 'kubernetes'),
  reveal: word(['Field'], 'kubernetes'),
};
const ssh: Vocabulary<SshVerb> = {
  connect: word(server, 'ssh'),
  shell: word(server, 'ssh'),
  exec: word(server, 'ssh'),
  sftpRead: word(server, 'read', 'ssh'),
  sftpWrite: word(server, 'write', 'ssh'),
  forward: word(server, 'ssh'),
  reveal: word(['Field'], 'ssh'),
};

const vocabularies: Readonly<Record<Language, Readonly<Partial<Record<Verb, Word>>>>> = { sql, http, kubernetes, ssh };

/** What an action may be about, and the groups it is in; undefined: the language has no such action. */
export function wordOf(language: Language, verb: string): Word | undefined {
  const vocabulary = vocabularies[language];
  return Object.hasOwn(vocabulary, verb) ? vocabulary[verb as Verb] : undefined;
}

export function verbsIn(language: Language): readonly Verb[] {
  return Object.keys(vocabularies[language]) as Verb[];
}

/** Every group that a language has, with those of the others: a statement may name any. */
export const verbGroupNames: readonly string[] = [
  ...new Set(languages.flatMap((language) => Object.values(vocabularies[language]).flatMap(({ groups }) => groups))),
];
