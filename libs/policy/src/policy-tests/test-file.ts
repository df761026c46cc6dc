import type { MaskMethod, Principal, Protocol } from '@sallyport/domain';
import { parseDottedName } from '@sallyport/domain';
import type { JudgedResource } from '../judging/entities.js';
import type { GroupMembers } from '../judging/group-membership.js';
import type { PolicySource } from '../language/policy-source.js';
import type { RequestedEffect } from '../judging/requested-effect.js';

/** One case of a policy test file. */
export interface PolicyTestCase {
  readonly name: string;
  readonly principal: Principal;
  readonly on: string;
  readonly protocol: Protocol;
  readonly effects?: readonly RequestedEffect[];
  readonly sql?: string;
  readonly sourceIp: string;
  readonly task?: string;
  readonly time?: Date;
  /** Statement facts that replace the derived ones. */
  readonly statement: Readonly<Record<string, unknown>>;
  readonly expect: 'permit' | 'hold' | 'deny';
  /** Ids of the columns that must be masked, exactly; undefined: not looked at. */
  readonly masks?: readonly string[];
}

export interface PolicyTestFile {
  readonly policies?: readonly PolicySource[];
  readonly groups?: readonly GroupMembers[];
  readonly resources?: readonly JudgedResource[];
  readonly cases: readonly PolicyTestCase[];
}

/** Reads the parsed YAML of a policy test file. Throws an Error whose message names the path and the reason. */
export function readTestFile(value: unknown): PolicyTestFile {
  const file = new Fields(value, 'file', ['policies', 'groups', 'resources', 'cases']);
  return {
    policies: file
      .list('policies')
      ?.map((item, at) => readPolicy(new Fields(item, `policies[${at}]`, ['name', 'cedar']))),
    groups: file.list('groups')?.map((item, at) => readGroup(new Fields(item, `groups[${at}]`, ['name', 'members']))),
    resources: file.list('resources')?.map((item, at) => {
      return readResource(new Fields(item, `resources[${at}]`, ['name', 'protocol', 'labels', 'classification']));
    }),
    cases: (file.list('cases') ?? []).map((item, at) => readCase(new Fields(item, `cases[${at}]`, caseFields))),
  };
}

const caseFields = [
  ...['name', 'principal', 'groups', 'roles', 'on', 'protocol', 'effects', 'sql'],
  ...['sourceIp', 'task', 'time', 'statement', 'expect', 'masks'],
];

function readPolicy(fields: Fields): PolicySource {
  return { name: fields.text('name'), cedar: fields.text('cedar') };
}

function readGroup(fields: Fields): GroupMembers {
  return { name: fields.text('name'), members: fields.texts('members') ?? [] };
}

function readResource(fields: Fields): JudgedResource {
  const name = fields.text('name');
  const labels = fields.record('labels') ?? {};
  const classification = (fields.list('classification') ?? []).map((item, at) => {
    const entry = new Fields(item, `${fields.path}.classification[${at}]`, ['column', 'tags', 'mask']);
    const [schema, table, column, ...rest] = parseDottedName(entry.text('column')) ?? [];
    if (!schema || !table || !column || rest.length > 0) return entry.fail('column', 'is not SCHEMA.TABLE.COLUMN');
    const mask = entry.oneOf<MaskMethod>('mask', ['redact', 'pseudonym', 'partial', 'null']);
    return {
      column: { kind: 'Column' as const, resource: name, schema, table, column },
      tags: entry.texts('tags') ?? [],
      mask,
    };
  });
  return {
    name,
    labels: Object.fromEntries(Object.entries(labels).map(([key, value]) => [key, String(value)])),
    classification,
  };
}

function readCase(fields: Fields): PolicyTestCase {
  const [type, id] = fields.text('principal').split(/::(.*)/s);
  if (!id || (type !== 'User' && type !== 'ServiceAccount' && type !== 'Agent')) {
    return fields.fail('principal', 'is not User::NAME, ServiceAccount::NAME or Agent::NAME');
  }
  const effects = fields.list('effects')?.map((item, at) => {
    const effect = new Fields(item, `${fields.path}.effects[${at}]`, ['action', 'object', 'columns']);
    const columns = effect.texts('columns');
    return { action: effect.text('action'), object: effect.text('object'), ...(columns ? { columns } : {}) };
  });
  const sql = fields.optionalText('sql');
  if ((effects === undefined) === (sql === undefined)) fields.fail('effects', 'or `sql` is needed, and not both');
  const time = fields.optionalText('time');
  if (time !== undefined && Number.isNaN(Date.parse(time))) fields.fail('time', 'is not a time');
  return {
    name: fields.text('name'),
    principal: { type, id, groups: fields.texts('groups') ?? [], roles: fields.texts('roles') ?? [] },
    on: fields.text('on'),
    protocol:
      fields.optionalText('protocol') === undefined
        ? 'postgres'
        : fields.oneOf<Protocol>('protocol', ['postgres', 'mysql']),
    ...(effects ? { effects } : {}),
    ...(sql === undefined ? {} : { sql }),
    sourceIp: fields.optionalText('sourceIp') ?? '127.0.0.1',
    task: fields.optionalText('task'),
    ...(time === undefined ? {} : { time: new Date(time) }),
    statement: fields.record('statement') ?? {},
    expect: fields.oneOf('expect', ['permit', 'hold', 'deny']),
    masks: fields.texts('masks'),
  };
}

/** Reads a record's fields with errors that name the path. A field it does not know is an error: it would test nothing. */
class Fields {
  readonly #record: Readonly<Record<string, unknown>>;
  constructor(
    value: unknown,
    readonly path: string,
    known: readonly string[],
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Error(`${path} is not a mapping`);
    this.#record = value as Record<string, unknown>;
    for (const name of Object.keys(this.#record)) if (!known.includes(name)) this.fail(name, 'is not known here');
  }

  fail(name: string, why: string): never {
    throw new Error(`${this.path}.${name} ${why}`);
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.fail(name, 'is missing');
  }

  optionalText(name: string): string | undefined {
    const value = this.#record[name];
    if (value === undefined) return undefined;
    if (value instanceof Date) return value.toISOString();
    return typeof value === 'string' && value !== '' ? value : this.fail(name, 'is not a text');
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.text(name);
    return allowed.find((item) => item === value) ?? this.fail(name, `is not one of ${allowed.join(', ')}`);
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.#record[name];
    return value === undefined || Array.isArray(value) ? value : this.fail(name, 'is not a list');
  }

  texts(name: string): readonly string[] | undefined {
    return this.list(name)?.map((item) =>
      typeof item === 'string' ? item : this.fail(name, 'is not a list of texts'),
    );
  }

  record(name: string): Readonly<Record<string, unknown>> | undefined {
    const value = this.#record[name];
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.fail(name, 'is not a mapping');
    return value as Record<string, unknown>;
  }
}
