import { eventually } from '@sallyport/testing';
import { psql, Psql } from '../../clients/psql.js';
import {
  cancelRequest,
  errorOf,
  fields,
  int32,
  message,
  parse,
  query,
  RawPostgres,
  sslRequest,
  status,
  sync,
  word,
  zero,
} from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

export function queries(under: StackUnderTest): void {
  const orders = (): Promise<string> => under.onTarget('SELECT count(*) FROM orders');

  proves('postgres', 'query:permitted', async () => {
    const result = await psql(
      under.psql('ci'),
      'SELECT id, item FROM orders WHERE id <= 2 ORDER BY id',
      'SELECT c.name, sum(o.amount) FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.name ORDER BY 2 DESC LIMIT 1',
    );
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout.split('\n').slice(0, 2)).toEqual(['1|item 1', '2|item 2']);
    const described = await psql(under.psql('reviewer'), '\\d orders');
    expect(described.stdout).toContain('customer_id');
  });

  proves('postgres', 'query:denied', async () => {
    for (const text of [
      'DROP TABLE orders',
      'TRUNCATE orders CASCADE',
      'SELECT * FROM secret.keys',
      'INSERT INTO orders VALUES (99, 1, $$x$$, 1)',
    ]) {
      const result = await psql(under.psql('ci'), text);
      expect([text, result.code]).toEqual([text, 1]);
      expect(result.stderr).toContain('42501');
      expect(result.stderr).toContain('blocked by access policy');
      expect(result.stderr).toMatch(/DETAIL: .*decision [0-9a-f-]{36}\.\d+/);
      under.expectNoCanary(result.stdout + result.stderr);
    }
    expect((await psql(under.psql('ci'), 'DROP TABLE orders')).stderr).toContain('changed by migrations only');
    expect(await orders()).toBe('50');
    expect(under.targetLog).not.toMatch(/statement: (DROP|TRUNCATE)/);
    // The session lives on.
    const lives = await psql(under.psql('ci'), 'DROP TABLE orders', 'SELECT 1');
    expect(lives.stdout).toBe('1\n');
  });

  proves('postgres', 'query:denied:state', async () => {
    const client = await under.raw('ci');
    expect(status(await client.query('DROP TABLE orders'))).toBe('I');
    expect(status(await client.query('BEGIN'))).toBe('T');
    expect(status(await client.query("INSERT INTO audit_log (line) VALUES ('half a unit')"))).toBe('T');
    expect(status(await client.query('DROP TABLE orders'))).toBe('E');
    expect(errorOf(await client.query('SELECT 1'))['C']).toBe('25P02');
    const committed = await client.query('COMMIT');
    expect(committed[0]!.body.toString()).toContain('ROLLBACK');
    expect(status(committed)).toBe('I');
    expect(await under.onTarget("SELECT count(*) FROM audit_log WHERE line = 'half a unit'")).toBe('0');
    client.close();
  });

  proves('postgres', 'query:mixed:denied', async () => {
    const client = await under.raw('ci');
    const answers = await client.query("INSERT INTO audit_log (line) VALUES ('first part'); DROP TABLE orders");
    expect(word(answers)).toBe('EZ');
    expect(status(answers)).toBe('I');
    await client.query("INSERT INTO audit_log (line) VALUES ('a'); COMMIT; DROP SCHEMA secret CASCADE");
    expect(await under.onTarget("SELECT count(*) FROM audit_log WHERE line IN ('first part', 'a')")).toBe('0');
    expect(await orders()).toBe('50');
    client.close();
  });

  proves('postgres', 'query:unparsable', async () => {
    const result = await psql(under.psql('ci'), 'SELEC 4712');
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('42601');
    expect(under.targetLog).not.toContain('SELEC 4712');
    const missing = await psql(under.psql('ci'), 'SELECT * FROM nowhere');
    expect(missing.stderr).toContain('42P01');
  });

  proves('postgres', 'query:malformed', async () => {
    const hostile: [string, Buffer][] = [
      ['NUL in the text', query('SELECT 1\0;DROP TABLE orders')],
      ['no terminator', message('Q', 'SELECT 1')],
      ['NUL in a parse', message('P', zero, 'SELECT 1\0x', zero, Buffer.from([0, 0]))],
      ['a length below four', Buffer.concat([Buffer.from('Q'), int32(3)])],
      ['an absurd length', Buffer.concat([Buffer.from('Q'), int32(0x7fffffff)])],
      ['a negative length', Buffer.concat([Buffer.from('Q'), int32(-5)])],
      ['an unknown message', message('~', 'x')],
      ['a message of the server', message('T', 'x')],
    ];
    for (const [name, bytes] of hostile) {
      const client = await under.raw('ci');
      client.send(bytes);
      const answer = await client.next();
      expect([name, answer.type, fields(answer)['S'], fields(answer)['C']]).toEqual([name, 'E', 'FATAL', '08P01']);
      await client.socket.readToEnd();
    }
    expect(await orders()).toBe('50');
  });

  proves('postgres', 'query:encoding', async () => {
    const client = await under.raw('ci');
    const answers =
      (client.send(query(Buffer.from([0x53, 0x45, 0x4c, 0x45, 0x43, 0x54, 0x20, 0x27, 0xc3, 0x27]))),
      client.untilReady());
    expect(errorOf(await answers)['C']).toBe('22021');
    expect(errorOf(await client.query("SET client_encoding = 'SJIS'"))['C']).toMatch(/42501|0A000/);
    client.close();
  });

  proves('postgres', 'query:opaque:denied', async () => {
    const texts = [
      "DO $$ BEGIN RAISE NOTICE '%', (SELECT ssn FROM customers LIMIT 1); END $$",
      'SELECT order_count()',
      'SELECT * FROM leak_all()',
      "SELECT query_to_xml('SELECT * FROM customers', true, true, '')",
      "SELECT * FROM ts_stat('SELECT to_tsvector(ssn) FROM customers')",
    ];
    for (const text of texts) {
      const result = await psql(under.psql('ci'), text);
      expect([text, result.code]).toEqual([text, 1]);
      under.expectNoCanary(result.stdout + result.stderr);
    }
    const client = await under.raw('ci');
    client.send(message('F', int32(1259), Buffer.alloc(6)));
    const call = await client.untilReady();
    expect(errorOf(call)['C']).toMatch(/42501|0A000/);
    client.close();
  });

  proves('postgres', 'query:settings:denied', async () => {
    const texts = [
      'SET ROLE app',
      'SET "role" TO app',
      'SET SESSION AUTHORIZATION app',
      'SET standard_conforming_strings = off',
      "SELECT set_config('standard_conforming_strings', 'off', false)",
      "SELECT set_config('role', 'app', true)",
      'SET LOCAL search_path = secret',
      'ALTER ROLE app SET search_path = secret',
      "LOAD 'auto_explain'",
      'SET session_replication_role = replica',
      'SET client_min_messages = debug5',
      'ALTER SYSTEM SET work_mem = 1',
    ];
    for (const text of texts) {
      expect([text, (await psql(under.psql('reviewer'), text)).code]).toEqual([text, 1]);
    }
    const followed = await psql(under.psql('ci'), 'SET search_path = secret, public', 'SELECT * FROM keys');
    expect(followed.stderr).toContain('42501');
    under.expectNoCanary(followed.stdout + followed.stderr);
  });

  proves('postgres', 'query:side-door:denied', async () => {
    const texts = [
      "SELECT most_common_vals, histogram_bounds FROM pg_stats WHERE tablename = 'customers'",
      'SELECT query FROM pg_stat_activity',
      "SELECT pg_read_file('/etc/passwd')",
      "SELECT pg_ls_dir('.')",
      'SELECT rolpassword FROM pg_authid',
      'SELECT pg_terminate_backend(1)',
      "SELECT lo_import('/etc/passwd')",
      'TABLE pg_prepared_statements',
      'SELECT * FROM pg_catalog.pg_statistic',
    ];
    for (const text of texts) {
      const result = await psql(under.psql('ci'), text);
      expect([text, result.code, result.stdout]).toEqual([text, 1, '']);
      under.expectNoCanary(result.stderr);
    }
  });

  proves('postgres', 'query:hidden-write:denied', async () => {
    const texts = [
      'WITH gone AS (DELETE FROM secret.keys RETURNING *) SELECT * FROM gone',
      'EXPLAIN ANALYZE INSERT INTO orders VALUES (98, 1, $$x$$, 1)',
      'EXPLAIN (FORMAT JSON, ANALYZE on) TRUNCATE orders',
      'PREPARE p AS INSERT INTO orders VALUES (97, 1, $$x$$, 1)',
      'EXECUTE nothing_prepared',
      'CREATE TABLE copy AS SELECT * FROM orders',
      'SELECT * INTO copy FROM orders',
      'SELECT nextval($$audit_log_id_seq$$::regclass), setval($$audit_log_id_seq$$, 1, false), pg_notify($$x$$, $$y$$)',
    ];
    for (const text of texts) expect([text, (await psql(under.psql('ci'), text)).code]).toEqual([text, 1]);
    expect(await orders()).toBe('50');
  });

  proves('postgres', 'bulk:out', async () => {
    const whole = await psql(
      under.psql('ci'),
      '\\copy (SELECT id, item FROM orders WHERE id < 3 ORDER BY id) TO STDOUT',
    );
    expect(whole).toMatchObject({ code: 0, stdout: '1\titem 1\n2\titem 2\n' });
    for (const format of ['text', 'csv', 'csv, HEADER', 'binary']) {
      const masked = await psql(under.psql('ci'), `COPY customers TO STDOUT (FORMAT ${format})`);
      expect([format, masked.code]).toEqual([format, 0]);
      under.expectNoCanary(masked.stdout);
      expect(masked.stdout).toContain('customer 10');
    }
  });

  proves('postgres', 'bulk:in', async () => {
    const client = new Psql(under.psql('ci'), ['-c', 'COPY audit_log (line) FROM STDIN']);
    for (let index = 0; index < 1000; index += 1) client.type(`bulk ${index}`);
    expect(await client.done()).toMatchObject({ code: 0, stdout: 'COPY 1000\n' });
    expect(await under.onTarget("SELECT count(*) FROM audit_log WHERE line LIKE 'bulk %'")).toBe('1000');
    const refused = new Psql(under.psql('ci'), ['-c', 'COPY orders FROM STDIN']);
    refused.type('96\t1\tx\t1');
    expect((await refused.done()).code).toBe(1);
    expect(await orders()).toBe('50');
  });

  proves('postgres', 'bulk:server-side:denied', async () => {
    for (const text of [
      "COPY orders TO PROGRAM 'cat'",
      "COPY orders FROM '/etc/passwd'",
      "COPY customers TO '/tmp/out'",
    ]) {
      expect([text, (await psql(under.psql('ci'), text)).code]).toEqual([text, 1]);
    }
  });

  proves('postgres', 'cancel:running', async () => {
    const started = Date.now();
    const client = new Psql(under.psql('reviewer'), ['-c', 'SELECT pg_sleep(30)']);
    await eventually('the sleep reached the target', async () => under.targetLog.includes('pg_sleep(30)') || undefined);
    client.interrupt();
    const result = await client.done();
    expect(result.stderr).toContain('57014');
    expect(Date.now() - started).toBeLessThan(15_000);
    // Somebody else's key, or none, cancels nothing and is told nothing.
    const own = await under.raw('reviewer');
    own.send(query('SELECT pg_sleep(1)'));
    for (const key of [Buffer.alloc(own.key.length), Buffer.from('wrong key')]) {
      const canceller = await RawPostgres.secure(under.stack.gatewayPort, under.stack.ca);
      canceller.send(cancelRequest(own.pid, key));
      expect(await canceller.socket.readToEnd()).toHaveLength(0);
    }
    expect(word(await own.untilReady())).toBe('TDCZ');
    own.close();
  });

  proves('postgres', 'notify:delivered', async () => {
    const listener = await under.raw('reviewer');
    await listener.query('LISTEN news');
    await under.onTarget("SELECT pg_notify('news', 'hello')::text");
    const told = await listener.next();
    expect(told.type).toBe('A');
    expect(told.body.includes('hello')).toBe(true);
    listener.close();
  });

  test('a stray Sync and a Sync after an error each get one ReadyForQuery', async () => {
    const client = await under.raw('ci');
    client.send(sync, sync, parse('', 'DROP TABLE orders'), sync, sync);
    const words: string[] = [];
    for (let index = 0; index < 4; index += 1) words.push(word(await client.untilReady()));
    expect(words).toEqual(['Z', 'Z', 'EZ', 'Z']);
    client.close();
  });

  test('a TLS request inside a session ends it', async () => {
    const client = await under.raw('ci');
    client.send(sslRequest);
    expect(fields(await client.next())['C']).toBe('08P01');
  });
}
