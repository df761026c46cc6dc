import { psql } from '../../clients/psql.js';
import { bind, errorOf, execute, int16, int32, message, parse, sync, zero } from '../../clients/raw-postgres.js';
import { sql } from '../../servers/shop.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

/** Where values and rows hide: what a database has besides plain tables. */
const hidingPlaces = `
  CREATE TABLE notes (id int, line text);
  CREATE TABLE secret.private_notes () INHERITS (notes);
  INSERT INTO secret.private_notes SELECT id, value FROM secret.keys;
  ALTER TABLE customers ADD tail text GENERATED ALWAYS AS (right(ssn, 12) || 'x') STORED;
  CREATE VIEW tails AS SELECT id, tail AS t FROM customers;
  CREATE MATERIALIZED VIEW copied AS SELECT id, ssn AS n FROM customers`;

export function attacks(under: StackUnderTest): void {
  beforeAll(() => sql(under.stack.target.url, hidingPlaces));

  /** What the one who sees masks gets; every byte is scanned. */
  async function got(text: string): Promise<string> {
    const { stdout, stderr } = await psql(under.psql('ci'), text);
    under.expectNoCanary(stdout + stderr);
    return stdout + stderr;
  }
  /** Denied, or the same whatever the masked values are. */
  async function tellsNothing(text: string): Promise<void> {
    const withoutIds = (output: string): string => output.replace(/decision \S+/g, '');
    const before = await got(text);
    await sql(under.stack.target.url, 'UPDATE customers SET ssn = reverse(ssn)');
    expect([text, withoutIds(await got(text))]).toEqual([text, withoutIds(before)]);
  }

  test('names that the server would cut to one are refused', async () => {
    const client = await under.raw('ci');
    const long = 'n'.repeat(63);
    const steps = [
      parse(`${long}x`, 'SELECT name FROM customers'),
      message('C', 'S', `${long}y`, zero),
      parse(`${long}z`, "SELECT ssn || '' FROM customers"),
      bind(`${long}x`),
      bind('', [], 0, `${long}x`),
      execute(`${long}x`),
      parse('\u00e9'.repeat(20), 'SELECT 1'),
    ];
    for (const step of steps) {
      client.send(step, sync);
      expect(errorOf(await client.untilReady())['C']).toBe('42622');
    }
    client.send(parse(long, 'SELECT 1'), bind(long), execute(), sync);
    expect((await client.untilReady()).map((each) => each.type).join('')).toBe('12DCZ');
    under.expectNoCanary(Buffer.concat(client.received));
    client.close();
  });

  test('what triggers say about masked values is not passed on', async () => {
    await sql(
      under.stack.target.url,
      `CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
         RAISE NOTICE 'noticed %', (SELECT ssn FROM customers WHERE id = 1);
         RAISE EXCEPTION 'told %', (SELECT ssn FROM customers WHERE id = 1); END$$;
       CREATE TRIGGER tell BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION tell()`,
    );
    const told = await got("INSERT INTO audit_log (line) VALUES ('x')");
    expect(told).toContain('P0001');
    expect(told).not.toContain('told');
    const copied = await psql(under.psql('reviewer'), "INSERT INTO audit_log (line) VALUES ('x')");
    expect(copied.stderr).toContain('told');
    await sql(under.stack.target.url, 'DROP TRIGGER tell ON audit_log');
  });

  test("a parameter's type cannot bring code of its own", async () => {
    const [{ oid }] = (await sql<{ oid: number }>(
      under.stack.target.url,
      `CREATE FUNCTION checked(text) RETURNS boolean LANGUAGE plpgsql AS
         'BEGIN INSERT INTO audit_log (line) VALUES (''by a domain''); RETURN true; END';
       CREATE DOMAIN checking AS text CHECK (checked(VALUE))`,
    ).then(() => sql(under.stack.target.url, "SELECT 'checking'::regtype::oid::int AS oid"))) as [{ oid: number }];
    const client = await under.raw('ci');
    client.send(message('P', zero, 'SELECT $1', zero, int16(1), int32(oid)), bind('', ['x']), execute(), sync);
    expect(errorOf(await client.untilReady())['C']).toBe('0A000');
    client.close();
    expect(await under.onTarget("SELECT count(*) FROM audit_log WHERE line = 'by a domain'")).toBe('0');
  });

  test('rows of what inherits from a table are judged where they live', async () => {
    expect(await got('SELECT * FROM notes')).toContain('42501');
    expect(await got('COPY (SELECT * FROM notes) TO STDOUT')).toContain('42501');
    expect(await got('SELECT count(*) FROM ONLY notes')).toBe('0\n');
  });

  test('what is computed or copied from a masked column is masked', async () => {
    for (const text of [
      'SELECT tail FROM customers',
      "SELECT tail || '' FROM customers",
      'SELECT t FROM tails',
      "SELECT n || '' FROM copied",
      'SELECT customers FROM customers',
      'COPY customers (id, tail) TO STDOUT',
    ]) {
      await tellsNothing(text);
    }
  });

  test('a star that leaves columns out moves no value under the trace of another', async () => {
    await tellsNothing(
      `WITH RECURSIVE t(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM t WHERE a < 2) SEARCH DEPTH FIRST BY a SET seq
       SELECT x.p2 || '' FROM (SELECT t.*, c.ssn, c.name FROM t, customers c) x(p1, p2, p3)`,
    );
  });

  test('neither plans nor sizes tell of a masked value', async () => {
    for (const text of [
      `EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF) WITH x AS MATERIALIZED
         (SELECT left(ssn, 3) FROM customers, generate_series(1, 2000)) SELECT count(*) FROM x`,
      "SELECT (ssn < 'm')::text || 'x' FROM customers",
      "SELECT ltrim(ssn, 'abcdefghijklm') FROM customers",
      'SELECT array_agg(DISTINCT v) FROM (SELECT ssn AS v FROM customers UNION ALL SELECT $$m$$) u',
      'SELECT left(repeat($$x$$, 100), length(ssn)) FROM customers',
    ]) {
      expect([text, await got(text)]).toEqual([text, expect.stringContaining('42501')]);
      await tellsNothing(text);
    }
  });

  test('a text that asks for too much is refused at once, and nobody else waits for it', async () => {
    const doubling = Array.from({ length: 40 }, (_, i) => `a${i + 1} AS (SELECT * FROM a${i} x, a${i} y)`).join(', ');
    const [client, other] = await Promise.all([under.raw('ci'), under.raw('ci')]);
    const refused = client.query(`WITH a0 AS (TABLE customers), ${doubling} SELECT 1`);
    const answered = other.query('SELECT 1');
    expect((await refused).map(({ type }) => type)).toEqual(['E', 'Z']);
    expect((await answered).at(-1)?.type).toBe('Z');
    client.close();
    other.close();
  });
}
