import fc from 'fast-check';
import type { Action, Principal } from '@sallyport/domain';
import { validatePolicies } from '../language/compile.js';
import { actionFromEffects, readEffect } from './requested-effect.js';
import type { JudgedResource } from './entities.js';
import type { OracleStatement } from './whole-set-fixture.js';

const column = (table: string, name: string) => ({
  kind: 'Column' as const,
  resource: 'a',
  schema: 's',
  table,
  column: name,
});
export const resourceA: JudgedResource = {
  name: 'a',
  labels: { env: 'prod', team: 'x' },
  classification: [
    { column: column('t', 'x'), tags: ['pii'], mask: 'redact' },
    { column: column('t', 'y'), tags: ['pii', 'secret'], mask: 'null' },
    { column: column('u', 'x'), tags: ['secret'], mask: 'redact' },
  ],
};

export const principals = fc.record({
  type: fc.constantFrom<Principal['type']>('User', 'ServiceAccount', 'Agent'),
  id: fc.constantFrom('p', 'q'),
  groups: fc.uniqueArray(fc.constantFrom('g', 'h', 'p'), { maxLength: 2 }),
  roles: fc.constant<string[]>([]),
});

const scope = {
  principal: fc.constantFrom(
    ...[
      'principal',
      'principal',
      'principal == User::"p"',
      'principal == ServiceAccount::"q"',
      'principal in Group::"g"',
    ],
    ...['principal in Group::"p"', 'principal is User', 'principal is Agent in Group::"h"', 'principal in User::"p"'],
  ),
  action: fc.constantFrom(
    ...[
      'action',
      'action == Action::"select"',
      'action in [Action::"select", Action::"delete"]',
      'action in Action::"read"',
    ],
    ...[
      'action in Action::"write"',
      'action in Action::"sql"',
      'action == Action::"reveal"',
      'action == Action::"update"',
    ],
    ...['action in [Action::"connect", Action::"call", Action::"select"]', 'action == Action::"select"'],
  ),
  resource: fc.constantFrom(
    ...[
      'resource',
      'resource',
      'resource in Label::"env=prod"',
      'resource in Label::"env=dev"',
      'resource in Resource::"a"',
    ],
    ...[
      'resource in Resource::"b"',
      'resource == Table::"a/s.t"',
      'resource in Table::"a/s.t"',
      'resource in Schema::"a/s"',
    ],
    ...['resource is Table', 'resource is Column', 'resource is Column in Table::"a/s.t"', 'resource in Tag::"pii"'],
    ...[
      'resource in Tag::"secret"',
      'resource == Column::"a/s.t.x"',
      'resource in Column::"a/s.t.z"',
      'resource is Table in Schema::"a/s"',
    ],
  ),
  condition: fc.constantFrom(
    ...[
      '',
      '',
      '',
      'when { resource in Tag::"pii" }',
      'unless { resource in Tag::"secret" }',
      'when { resource is Column }',
    ],
    ...[
      'unless { resource is Column }',
      'when { resource in [Column::"a/s.t.z", Column::"a/s.u.x"] }',
      'when { context.hour > 11 }',
    ],
    ...['when { resource in Table::"a/s.t" }', 'unless { context.sourceIp.isInRange(ip("10.0.0.0/8")) }'],
    ...['when { context.hour + 9223372036854775800 > 0 }', 'when { context.statement.tables.contains("s.t") }'],
    ...[
      'when { principal in Group::"g" }',
      'when { action in Action::"read" }',
      'when { context.protocol == "postgres" }',
    ],
    'when { resource is Column && [Column::"a/s.t.y"].contains(resource) && context.weekday == 1 }',
  ),
};

const anyStatement = fc
  .record({ ...scope, forbids: fc.boolean(), quorum: fc.constantFrom(0, 0, 0, 1, 2) })
  .map(({ principal, action, resource, condition, forbids, quorum }) => {
    const approval = quorum ? `@approval("g") @quorum("${quorum}") ` : '';
    const text = `${approval}${forbids ? 'forbid' : 'permit'} (${principal}, ${action}, ${resource}) ${condition};`;
    return { text, forbids, ...(quorum ? { quorum } : {}) };
  });

/** Other ones in every run. Validated at once: the schema is read once for all of them, not once for each. */
const accepted = acceptedOf(fc.sample(anyStatement, 3_000));

function acceptedOf<T extends { readonly text: string }>(statements: readonly T[]): readonly T[] {
  const named = statements.map(({ text }, at) => ({ name: `p${at}`, cedar: text }));
  const refused = new Set(validatePolicies(named).map(({ policy }) => policy));
  return statements.filter((_, at) => !refused.has(`p${at}`));
}

const statement = fc.constantFrom(...accepted);

/** Half the sets permit reading and writing to begin with: more is decided there than where nothing is permitted. */
const ground = fc.oneof(
  statement,
  fc.constantFrom('read', 'write').map((group) => ({
    text: `permit (principal, action in [Action::"${group}", Action::"select"], resource);`,
    forbids: false,
  })),
);

/** Statements that the strict schema accepts, over a universe small enough for them to meet. */
export const policySets: fc.Arbitrary<OracleStatement[]> = fc
  .tuple(ground, fc.array(statement, { maxLength: 7 }))
  .map(([first, rest]) => [first, ...rest].map((each, at) => ({ ...each, label: `p${at}` })));

const columns = fc.uniqueArray(fc.constantFrom('x', 'y', 'z', 'w'), { maxLength: 4 });
const effect = fc.oneof(
  fc.record({
    action: fc.constantFrom('select', 'select', 'update', 'insert', 'reveal'),
    object: fc.constantFrom('a/s.t', 'a/s.u'),
    columns,
  }),
  fc.record({ action: fc.constantFrom('delete', 'truncate'), object: fc.constantFrom('a/s.t', 'a/s.u') }),
  fc.constantFrom(
    { action: 'connect', object: 'a' },
    { action: 'call', object: 'a/s.f' },
    { action: 'alter', object: 'a/s' },
    { action: 'select', object: 'a/s.t.x' },
  ),
);

export const actions: fc.Arbitrary<Action> = fc
  .array(effect, { minLength: 1, maxLength: 2 })
  .map((effects) =>
    actionFromEffects({ protocol: 'postgres', effects: effects.map((effect) => readEffect('postgres', effect)) }),
  );

export const clocks = fc.constantFrom(
  new Date('2026-01-05T10:00:00Z'),
  new Date('2026-01-06T15:00:00Z'),
  new Date('2026-01-05T00:30:00Z'),
);
export const addresses = fc.constantFrom('10.0.0.1', '192.168.0.1');
