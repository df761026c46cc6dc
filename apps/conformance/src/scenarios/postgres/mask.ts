import { eventually } from '@sallyport/testing';
import pg from 'pg';
import { psql } from '../../clients/psql.js';
import { bind, cells, describePortal, execute, parse, sync } from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import { sql } from '../../servers/shop.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

export function masks(under: StackUnderTest): void {
  /** Runs as the one who sees masks; every byte is scanned. */
  async function seen(...texts: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const result = await psql(under.psql('ci'), ...texts);
    under.expectNoCanary(result.stdout + result.stderr);
    return result;
  }
  async function refusedAll(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      const result = await seen(text);
      expect([text, result.code, result.stdout]).toEqual([text, 1, '']);
      expect([text, result.stderr]).toEqual([text, expect.stringContaining('42501')]);
    }
  }
  /** Runs, and shows nothing; a refusal is as good as a mask. */
  async function hiddenAll(texts: readonly string[]): Promise<void> {
    for (const text of texts) await seen(text);
  }

  proves('postgres', 'mask:direct', async () => {
    const result = await seen('SELECT id, name, email, ssn, age FROM customers ORDER BY id LIMIT 2');
    const [first, second] = result.stdout
      .trim()
      .split('\n')
      .map((line) => line.split('|'));
    expect(first!.slice(0, 2)).toEqual(['1', 'customer 1']);
    expect(first![4]).toBe('21');
    expect(first![3]).toBe(second![3]);
    expect(first![2]).not.toBe(second![2]);
    // A pseudonym is stable.
    const again = await seen('SELECT email FROM customers WHERE id = 1');
    expect(again.stdout.trim()).toBe(first![2]);
    expect((await seen('SELECT count(*) FROM customers')).stdout).toBe('10\n');
    expect((await seen('TABLE customers')).stdout.split('\n')).toHaveLength(11);
  });

  proves('postgres', 'mask:expression', async () => {
    const shown = [
      'SELECT upper(ssn) FROM customers',
      'SELECT ssn || email FROM customers',
      'SELECT left(ssn, 3), right(email, 2) FROM customers',
      'SELECT md5(ssn) FROM customers',
      'SELECT reverse(email) FROM customers',
      'SELECT ARRAY[ssn] FROM customers',
      'SELECT ROW(id, ssn) FROM customers',
      'SELECT to_jsonb(ssn) FROM customers',
      'SELECT max(ssn), min(email) FROM customers',
      "SELECT string_agg(ssn, ',') FROM customers",
      'SELECT length(ssn) FROM customers',
      'SELECT (SELECT ssn FROM customers c2 WHERE c2.id = c.id) FROM customers c',
    ];
    for (const text of shown) expect([text, (await seen(text)).code]).toEqual([text, 0]);
    // Where an error or a branch could tell something about the value, the expression is refused instead.
    await hiddenAll([
      "SELECT encode(ssn::bytea, 'hex') FROM customers",
      "SELECT encode(convert_to(ssn, 'UTF8'), 'hex') FROM customers",
      'SELECT substring(email from 1 for 2) FROM customers',
      'SELECT coalesce(ssn, name) FROM customers',
      'SELECT json_build_object(id, email) FROM customers',
      "SELECT format('%s', ssn) FROM customers",
      'SELECT lag(ssn) OVER () FROM customers',
      'SELECT first_value(email) OVER () FROM customers',
      'SELECT ssn::varchar(5) FROM customers',
      'SELECT greatest(ssn, email) FROM customers',
      "SELECT CASE WHEN ssn < 'm' THEN 'low' ELSE 'high' END FROM customers",
      "SELECT nullif(ssn, 'x') IS NULL FROM customers",
    ]);
  });

  proves('postgres', 'mask:used:denied', async () => {
    await refusedAll([
      "SELECT id FROM customers WHERE ssn LIKE 'a%'",
      "SELECT count(*) FROM customers WHERE email = 'a'",
      'SELECT id FROM customers ORDER BY ssn',
      'SELECT ssn FROM customers ORDER BY 1',
      'SELECT DISTINCT ssn FROM customers',
      'SELECT count(*) FROM customers GROUP BY ssn',
      'SELECT 1 FROM customers GROUP BY id HAVING max(ssn) > $$a$$',
      'SELECT o.id FROM orders o JOIN customers c ON c.ssn = o.item',
      "SELECT CASE WHEN ssn > 'a' THEN 1 ELSE 1/0 END FROM customers",
      "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM customers WHERE ssn = 'x')",
      'SELECT rank() OVER (ORDER BY ssn) FROM customers',
      'SELECT row_number() OVER (PARTITION BY email) FROM customers',
      "SELECT count(*) FILTER (WHERE ssn > 'a') FROM customers",
      'SELECT DISTINCT ON (email) id FROM customers ORDER BY email',
      'SELECT id FROM customers NATURAL JOIN (VALUES ($$x$$)) v(ssn)',
      'SELECT id FROM customers JOIN (VALUES ($$x$$)) v(ssn) USING (ssn)',
      'INSERT INTO audit_log (line) SELECT ssn FROM customers',
      'SELECT ssn FROM customers UNION SELECT item FROM orders',
      'SELECT id FROM customers WHERE (customers).ssn > $$a$$',
      'WITH s AS (SELECT ssn AS x FROM customers) SELECT 1 FROM s WHERE x > $$a$$',
      'SELECT 1 FROM contacts WHERE number > $$a$$',
      'EXPLAIN SELECT 1 FROM customers WHERE ssn = $$a$$',
      'SELECT id FROM customers c WHERE c::text LIKE $$%a%$$',
      'SELECT id FROM customers LIMIT (SELECT length(ssn) FROM customers LIMIT 1)',
      'COPY audit_log (line) FROM STDIN WHERE line IN (SELECT ssn FROM customers)',
    ]);
    expect(await under.onTarget('SELECT count(*) FROM audit_log')).toBe('0');
  });

  proves('postgres', 'mask:derived', async () => {
    await hiddenAll([
      'SELECT number FROM contacts',
      'SELECT * FROM contacts',
      'SELECT x FROM (SELECT ssn AS x FROM customers) q',
      'SELECT c FROM customers c',
      'SELECT (c).ssn FROM customers c',
      'SELECT c.*::text FROM customers c',
      'SELECT row_to_json(c) FROM customers c',
      'SELECT to_jsonb(c) FROM customers c',
      'SELECT array_agg(c) FROM customers c',
      "SELECT format('%s', c) FROM customers c",
      'SELECT ssn FROM customers UNION ALL SELECT item FROM orders',
      'SELECT item FROM orders UNION ALL SELECT ssn FROM customers',
      'WITH q AS (SELECT ssn FROM customers) SELECT * FROM q',
      'WITH RECURSIVE r(id, s) AS (SELECT id, ssn FROM customers WHERE id = 1 UNION ALL SELECT r.id + 1, r.s FROM r WHERE r.id < 3) SELECT s FROM r',
      'SELECT * FROM (VALUES (1)) v(a), LATERAL (SELECT ssn FROM customers LIMIT 1) l',
      'SELECT q.s FROM customers, LATERAL (SELECT customers.ssn AS s) q',
      'SELECT jsonb_each_text(to_jsonb(c)) FROM customers c',
      'SELECT (jsonb_populate_record(c, $${}$$)).ssn FROM customers c',
      'SELECT unnest(array_agg(ssn)) FROM customers',
      'SELECT c1 FROM customers c1 JOIN customers c2 USING (id)',
      'SELECT (SELECT c FROM customers c LIMIT 1)',
      'SELECT * FROM customers TABLESAMPLE SYSTEM (100)',
      'SELECT customers FROM customers',
      'SELECT count(ssn) FROM customers',
      'SELECT * FROM ROWS FROM (unnest(ARRAY(SELECT ssn FROM customers))) u',
      'SELECT xmlelement(name x, ssn) FROM customers',
    ]);
  });

  proves('postgres', 'mask:binary', async () => {
    const client = await under.raw('ci');
    client.send(
      parse('', 'SELECT id, email, ssn, note FROM customers ORDER BY id'),
      bind('', [], 1),
      describePortal(),
      execute(),
      sync,
    );
    const rows = (await client.untilReady()).filter((each) => each.type === 'D').map(cells);
    expect(rows).toHaveLength(10);
    expect(rows[0]![0]!.readInt32BE(0)).toBe(1);
    under.expectNoCanary(Buffer.concat(client.received));
    client.close();
    const driver = new pg.Client({ ...under.pg('ci'), binary: true } as pg.ClientConfig);
    await driver.connect();
    const { rows: parsed } = await driver.query({ text: 'SELECT * FROM customers WHERE id = $1', values: [1] });
    expect(parsed[0]).toMatchObject({ id: 1, name: 'customer 1', age: 21 });
    under.expectNoCanary(JSON.stringify(parsed));
    await driver.end();
  });

  proves('postgres', 'mask:errors', async () => {
    for (const text of [
      'SELECT ssn::int FROM customers',
      'SELECT email::date FROM customers',
      'SELECT (ssn || $$x$$)::numeric FROM customers',
      'SELECT ssn::json FROM customers',
      "SELECT to_date(ssn, 'YYYY') FROM customers",
    ]) {
      const result = await seen(text);
      expect([text, result.code]).toEqual([text, 1]);
      expect(result.stderr).toMatch(/22P02|22007|42501|22008/);
    }
    // Where nothing is masked the server's own words arrive.
    expect((await seen("SELECT 'abc'::int")).stderr).toContain('invalid input syntax');
  });

  proves('postgres', 'mask:revealed', async () => {
    const result = await psql(under.psql('reviewer'), 'SELECT ssn FROM customers ORDER BY id');
    const planted = under.stack.shop.canaries.filter((each) => each.label.startsWith('ssn')).map((each) => each.token);
    expect(result.stdout.trim().split('\n')).toEqual(planted);
  });

  test('a rename in a transaction does not uncover a column', async () => {
    const client = await under.raw('operator');
    await client.query('BEGIN; ALTER TABLE customers RENAME COLUMN ssn TO harmless');
    client.close();
    await seen('SELECT * FROM customers');
    await psql(under.psql('reviewer'), 'ALTER TABLE customers RENAME COLUMN ssn TO harmless');
    try {
      await hiddenAll(['SELECT * FROM customers', 'SELECT harmless FROM customers']);
    } finally {
      // Through the gateway nobody may: the classification is wrong as long as the column is called otherwise.
      await sql(under.stack.target.url, 'ALTER TABLE customers RENAME COLUMN harmless TO ssn');
      await eventually(
        'the gateway knows the old name',
        async () => (await seen('SELECT ssn FROM customers')).code === 0 || undefined,
      );
    }
  });
}
