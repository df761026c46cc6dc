import { parseDottedName } from '@sallyport/domain';
import type { Catalog, CatalogFunction, CatalogRelation } from '@sallyport/sql';
import type { StoredSpecs } from '../configuration/configuration.js';

/**
 * A catalog that takes a statement at its word: every table it names is an ordinary one with the columns it names, and
 * with those that the resource classifies. Good for explaining policies; what a view or a function would really touch
 * only a gateway knows, so nothing is ever decided on it.
 */
export function assumeCatalog(sql: string, classification: SqlResource['classification']): Catalog {
  const relations = new Map<string, CatalogRelation>();
  const byOid = new Map<number, CatalogRelation>();
  const words = namesIn(sql);
  const relation = (schema: string, name: string): CatalogRelation | undefined => {
    // What the server itself has is not assumed: its tables show more than their columns say.
    if (schema.startsWith('pg_') || schema === 'information_schema') return undefined;
    const key = JSON.stringify([schema, name]);
    const known = relations.get(key);
    if (known) return known;
    const names = [...new Set([...classifiedColumns(classification, schema, name), ...words])];
    const columns = names.map((column, index) => ({ attnum: index + 1, name: column, typeOid: textOid }));
    const made = { oid: firstOid + relations.size, schema, name, relkind: 'r', columns };
    relations.set(key, made);
    byOid.set(made.oid, made);
    return made;
  };
  return {
    revision: 'assumed',
    serverVersion: 180_000,
    relation,
    relationByOid: (oid) => byOid.get(oid),
    functions: (schema, name) => (schema === 'pg_catalog' && harmless.has(name) ? [builtIn(name)] : []),
    hasCustomOperator: () => false,
    hasSchema: () => true,
    isOpaqueType: () => false,
  };
}

export type SqlResource = Extract<StoredSpecs['Resource'], { protocol: 'postgres' }>;

const textOid = 25;
/** The first that is not the server's own (FirstNormalObjectId). */
const firstOid = 16_384;
const maxNames = 1600;

function classifiedColumns(classification: SqlResource['classification'], schema: string, table: string): string[] {
  return classification.flatMap(({ column }) => {
    const [inSchema, inTable, name] = parseDottedName(column) ?? [];
    return inSchema === schema && inTable === table && name !== undefined ? [name] : [];
  });
}

/** Everything in the text that may be the name of a column. */
function namesIn(sql: string): Set<string> {
  const withoutTexts = sql.replaceAll(/'(?:[^']|'')*'/g, ' ');
  const names = new Set<string>();
  for (const [, quoted, plain] of withoutTexts.matchAll(/"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*)/gu)) {
    const name = quoted === undefined ? plain!.toLowerCase() : quoted.replaceAll('""', '"');
    if (quoted !== undefined || !reserved.has(name)) names.add(name);
    if (names.size >= maxNames) break;
  }
  return names;
}

function builtIn(name: string): CatalogFunction {
  const facts = { volatility: 's', language: 'internal', kind: 'f', securityDefiner: false };
  return { oid: 1, schema: 'pg_catalog', name, ...facts };
}

const split = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));

/** Reserved in PostgreSQL: no column has such a name without quotes. */
const reserved = split(`
  all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
  current_catalog current_date current_role current_time current_timestamp current_user default deferrable desc distinct
  do else end except false fetch for foreign from grant group having in initially intersect into lateral leading limit
  localtime localtimestamp not null offset on only or order placing primary references returning select session_user
  some symmetric system_user table then to trailing true union unique user using variadic when where window with
  delete insert update values set by join left right inner outer full cross natural is like ilike between exists`);

/** Functions of the server that people write every day and that do nothing but compute; any other one is a call. */
const harmless = split(`
  abs age array_agg array_length avg bool_and bool_or btrim ceil ceiling char_length clock_timestamp concat concat_ws
  count current_setting date_part date_trunc dense_rank exp extract first_value floor format gen_random_uuid initcap
  json_agg json_build_object jsonb_agg jsonb_build_object lag last_value lead left length ln log lower lpad ltrim
  make_date max md5 min mod now ntile octet_length percentile_cont position power random rank regexp_match regexp_replace
  repeat replace reverse right round row_number rpad rtrim sign split_part sqrt starts_with stddev string_agg
  string_to_array strpos substr substring sum timezone to_char to_date to_json to_jsonb to_number to_timestamp translate
  trunc unnest upper variance version`);
