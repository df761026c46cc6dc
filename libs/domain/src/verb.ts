export type Protocol = 'postgres' | 'mysql' | 'ssh' | 'kubernetes' | 'http' | 'mcp';

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

/** Grows with each protocol; the policy schema lists the same names. */
export type Verb = SqlVerb;
