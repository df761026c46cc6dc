/** The parts of a catalog snapshot, each read by one query. */
export type CatalogPart =
  'server' | 'schemas' | 'relations' | 'columns' | 'inheritance' | 'functions' | 'operators' | 'casts' | 'types';

/** Every value is text or null, as the wire's text format gives it. */
export type CatalogRow = readonly (string | null)[];
export type CatalogRows = Readonly<Record<CatalogPart, readonly CatalogRow[]>>;

/** Own temporary relations under the name pg_temp; those of other sessions and TOAST are left out. */
const schemaName = `CASE WHEN n.oid = pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname::text END`;
const visibleSchema = `(n.oid = pg_my_temp_schema() OR n.nspname !~ '^pg_(temp|toast)')`;
const columnNames = `SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped`;
const outputNames = `SELECT jsonb_agg(coalesce(p.proargnames[i], '') ORDER BY i)
        FROM generate_subscripts(p.proargmodes, 1) i WHERE p.proargmodes[i] IN ('o', 'b', 't')`;

/** What a generated column is computed from: its expression depends on the columns that it mentions. */
const generatedFrom = `SELECT jsonb_agg(d.refobjsubid ORDER BY d.refobjsubid)
        FROM pg_attrdef e JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = e.oid
        WHERE e.adrelid = a.attrelid AND e.adnum = a.attnum AND d.refclassid = 'pg_class'::regclass
          AND d.refobjid = a.attrelid AND d.refobjsubid <> a.attnum`;

/**
 * Reads a catalog snapshot on PostgreSQL 15 to 18 as any role. Run all of them in one REPEATABLE READ transaction on a
 * connection whose search_path is empty (`SET search_path = ''`): pg_get_viewdef leaves out the schemas that are on the
 * path, and the snapshot needs every name qualified.
 */
export const catalogQueries: Readonly<Record<CatalogPart, string>> = {
  server: `SELECT current_setting('server_version_num'), current_setting('server_encoding')`,
  schemas: `SELECT ${schemaName} FROM pg_namespace n WHERE ${visibleSchema} ORDER BY 1`,
  relations: `SELECT c.oid::text, ${schemaName}, c.relname::text, c.relkind::text,
      CASE WHEN c.relkind IN ('v', 'm') AND c.oid >= 16384 THEN coalesce(pg_get_viewdef(c.oid), '') END,
      (c.relhasrules AND EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type <> '1'))::text,
      i.indrelid::text
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE ${visibleSchema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I')
    ORDER BY c.oid`,
  columns: `SELECT a.attrelid::text, a.attnum::text, a.attname::text, a.atttypid::text, (a.attgenerated <> '')::text,
      CASE WHEN a.attgenerated <> '' THEN (${generatedFrom})::text END
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${visibleSchema} AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY a.attrelid, a.attnum`,
  inheritance: `SELECT inhrelid::text, inhparent::text FROM pg_inherits ORDER BY inhrelid, inhseqno`,
  functions: `SELECT p.oid::text, ${schemaName}, p.proname::text, p.provolatile::text, l.lanname::text, p.prokind::text,
      p.prosecdef::text,
      CASE WHEN p.proargmodes && '{o,b,t}'::"char"[] THEN
             CASE WHEN t.typtype = 'p' AND t.typname = 'record' OR t.typtype IN ('b', 'e', 'r', 'm')
                  THEN (${outputNames})::text END
           WHEN t.typtype IN ('b', 'e', 'r', 'm') OR t.typname = 'void' THEN '[""]'
           WHEN t.typtype = 'c' THEN (${columnNames})::text END
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
      JOIN pg_type t ON t.oid = p.prorettype
    WHERE ${visibleSchema} ORDER BY p.oid`,
  operators: `SELECT ${schemaName}, o.oprname::text, p.proname::text, p.oid::text, p.provolatile::text, l.lanname::text
    FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace LEFT JOIN pg_proc p ON p.oid = o.oprcode
      LEFT JOIN pg_language l ON l.oid = p.prolang
    WHERE n.nspname <> 'pg_catalog' AND ${visibleSchema} ORDER BY 1, 2, 4`,
  casts: `SELECT t.typname::text FROM pg_cast c JOIN pg_type t ON t.oid = c.casttarget
      JOIN pg_proc p ON p.oid = c.castfunc JOIN pg_language l ON l.oid = p.prolang
    WHERE c.oid >= 16384 AND l.lanname NOT IN ('internal', 'c') ORDER BY 1`,
  types: `SELECT t.oid::text, ${schemaName}, t.typname::text, t.typtype::text, t.typelem::text, t.typbasetype::text,
      CASE t.typtype
        WHEN 'b' THEN (SELECT l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.oid = t.typinput)
          IN ('internal', 'c')
        WHEN 'd' THEN NOT EXISTS (SELECT FROM pg_constraint k JOIN pg_depend d
            ON d.classid = 'pg_constraint'::regclass AND d.objid = k.oid
            WHERE k.contypid = t.oid AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass)
              AND d.refobjid >= 16384)
        WHEN 'r' THEN NOT EXISTS (SELECT FROM pg_range r WHERE r.rngtypid = t.oid
            AND (r.rngcanonical::oid >= 16384 OR r.rngsubdiff::oid >= 16384))
        ELSE t.typtype IN ('c', 'e', 'm') END::text,
      CASE t.typtype
        WHEN 'c' THEN (SELECT jsonb_agg(DISTINCT a.atttypid::text) FROM pg_attribute a
          WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384)
        WHEN 'r' THEN (SELECT jsonb_agg(r.rngsubtype::text) FROM pg_range r WHERE r.rngtypid = t.oid)
        WHEN 'm' THEN (SELECT jsonb_agg(r.rngsubtype::text) FROM pg_range r WHERE r.rngmultitypid = t.oid) END::text
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND ${visibleSchema} ORDER BY t.oid`,
};

const userObjects: readonly (readonly [catalog: string, oid: string])[] = [
  ['pg_class', 'oid'],
  ['pg_attribute', 'attrelid'],
  ['pg_attrdef', 'adrelid'],
  ['pg_proc', 'oid'],
  ['pg_rewrite', 'ev_class'],
  ['pg_operator', 'oid'],
  ['pg_type', 'oid'],
  ['pg_namespace', 'oid'],
  ['pg_inherits', 'inhrelid'],
  ['pg_constraint', 'oid'],
  ['pg_cast', 'oid'],
];

/**
 * One row, one text column, different after any change to what the snapshot rests on. Each catalog contributes how many
 * rows it has for objects made after initdb (oids from 16384, found by index) and the sum of the transactions that
 * wrote them: a row that is added, removed or rewritten changes one or the other, whichever transaction commits first.
 * What initdb made is not looked at: only a superuser could change it.
 */
export const catalogFingerprintQuery = `SELECT concat_ws(',', current_setting('server_version_num'), ${userObjects
  .map(
    ([table, oid]) =>
      `(SELECT count(*) || ':' || coalesce(sum(xmin::text::bigint), 0) FROM pg_catalog.${table} WHERE ${oid} >= 16384)`,
  )
  .join(', ')})`;
