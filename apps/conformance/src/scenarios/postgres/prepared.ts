import pg from 'pg';
import {
  bind,
  cells,
  describePortal,
  describeStatement,
  errorOf,
  execute,
  flush,
  message,
  parse,
  query,
  status,
  sync,
  word,
  zero,
} from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

export function preparedStatements(under: StackUnderTest): void {
  const written = (line: string): Promise<string> =>
    under.onTarget(`SELECT count(*) FROM audit_log WHERE line = '${line}'`);

  proves('postgres', 'prepared:permitted', async () => {
    const client = new pg.Client(under.pg('ci'));
    await client.connect();
    const statement = { name: 'by-id', text: 'SELECT id, item, amount FROM orders WHERE id = $1' };
    for (const id of [1, 2, 3]) {
      const { rows } = await client.query({ ...statement, values: [id] });
      expect(rows).toEqual([{ id, item: `item ${id}`, amount: `${(id * 1.5).toFixed(2)}` }]);
    }
    const { rows } = await client.query('SELECT count(*) FROM orders WHERE id = ANY($1)', [[1, 2, 99]]);
    expect(rows).toEqual([{ count: '2' }]);
    await client.end();
  });

  proves('postgres', 'prepared:denied', async () => {
    const client = new pg.Client(under.pg('ci'));
    await client.connect();
    await expect(client.query('DELETE FROM secret.keys WHERE id = $1', [1])).rejects.toMatchObject({ code: '42501' });
    await expect(client.query({ name: 'drop', text: 'DROP TABLE orders' })).rejects.toMatchObject({ code: '42501' });
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    // Describing a forbidden table tells nothing of its columns.
    const raw = await under.raw('ci');
    raw.send(parse('s', 'SELECT * FROM secret.keys'), describeStatement('s'), sync);
    expect(word(await raw.untilReady())).toBe('EZ');
    raw.send(parse('s', 'SELECT 1'), describeStatement('s'), sync);
    expect(word(await raw.untilReady())).toBe('1tTZ');
    raw.send(message('C', 'S', 's', zero), parse('s', 'DROP TABLE orders'), sync);
    expect(word(await raw.untilReady())).toBe('3EZ');
    // The name is free after its Close, and the refused Parse did not take it.
    raw.send(bind('s'), execute(), sync);
    expect(errorOf(await raw.untilReady())['C']).toBe('26000');
    raw.send(parse('q', 'SELECT 2'), sync);
    expect(word(await raw.untilReady())).toBe('1Z');
    raw.send(parse('q', 'SELECT 3'), sync);
    expect(errorOf(await raw.untilReady())['C']).toBe('42P05');
    raw.close();
    expect(under.targetLog).not.toContain('DROP TABLE');
  });

  proves('postgres', 'prepared:pipeline', async () => {
    const insert = (line: string): Buffer[] => [
      parse('', 'INSERT INTO audit_log (line) VALUES ($1)'),
      bind('', [line]),
      execute(),
    ];
    const client = await under.raw('ci');
    // One Sync: what came before in the implicit transaction is rolled back with it.
    client.send(...insert('before'), parse('', 'DROP TABLE orders'), bind(''), execute(), ...insert('after'), sync);
    const together = await client.untilReady();
    expect(word(together)).toBe('12CEZ');
    expect(errorOf(together)['C']).toBe('42501');
    expect(status(together)).toBe('I');
    expect([await written('before'), await written('after')]).toEqual(['0', '0']);
    // A Sync each: only the middle one fails.
    client.send(...insert('one'), sync, parse('', 'DROP TABLE orders'), sync, ...insert('three'), sync);
    const apart = [await client.untilReady(), await client.untilReady(), await client.untilReady()];
    expect(apart.map(word)).toEqual(['12CZ', 'EZ', '12CZ']);
    expect([await written('one'), await written('three')]).toEqual(['1', '1']);
    // Flush: the error is told at once, then everything up to the Sync is passed over.
    client.send(parse('', 'DROP TABLE orders'), flush);
    expect((await client.next()).type).toBe('E');
    client.send(bind(''), execute(), flush, ...insert('skipped'), query('SELECT 1'), sync);
    const skipped = await client.untilReady();
    expect(word(skipped)).toMatch(/Z$/);
    expect(await written('skipped')).toBe('0');
    client.close();
  });

  test('results of a portal come in parts, and an empty text is empty', async () => {
    const client = await under.raw('ci');
    client.send(
      parse('', 'SELECT id FROM orders ORDER BY id LIMIT 5'),
      bind('', [], 1),
      describePortal(),
      execute('', 2),
      execute('', 2),
      execute('', 2),
      sync,
    );
    const answers = await client.untilReady();
    expect(word(answers)).toBe('12TDDsDDsDCZ');
    const ids = answers.filter((each) => each.type === 'D').map((each) => cells(each)[0]!.readInt32BE(0));
    expect(ids).toEqual([1, 2, 3, 4, 5]);
    client.send(parse('', ''), bind(''), execute(), sync);
    expect(word(await client.untilReady())).toBe('12IZ');
    expect(word(await client.query(''))).toBe('IZ');
    client.close();
  });

  test('names prepared by the protocol and by SQL are one namespace, judged as their bodies', async () => {
    const client = await under.raw('ci');
    client.send(parse('mine', 'SELECT count(*) FROM orders'), sync);
    await client.untilReady();
    expect(word(await client.query('EXECUTE mine'))).toBe('TDCZ');
    expect(errorOf(await client.query('PREPARE theirs AS DELETE FROM secret.keys'))['C']).toBe('42501');
    expect(word(await client.query('PREPARE ours AS SELECT ssn FROM customers'))).toBe('CZ');
    const fetched = await client.query('EXECUTE ours');
    expect(word(fetched)).toBe(`T${'D'.repeat(10)}CZ`);
    expect(word(await client.query('DEALLOCATE ours'))).toBe('CZ');
    expect(word(await client.query('EXECUTE ours'))).toBe('EZ');
    under.expectNoCanary(Buffer.concat(client.received));
    client.close();
  });

  test('cursors keep the masks of what they were declared over', async () => {
    const client = await under.raw('ci');
    await client.query('BEGIN');
    await client.query('DECLARE c CURSOR FOR SELECT name, ssn, email FROM customers ORDER BY id');
    const fetched = await client.query('FETCH 3 FROM c');
    expect(word(fetched)).toBe('TDDDCZ');
    expect(cells(fetched[1]!)[0]!.toString()).toBe('customer 1');
    client.send(parse('', 'SELECT ssn FROM customers'), bind('', [], 0, 'portal'), sync);
    await client.untilReady();
    client.send(bind('', [], 0, 'portal2'), sync);
    await client.untilReady();
    await client.query('FETCH ALL FROM portal2');
    await client.query('ROLLBACK');
    under.expectNoCanary(Buffer.concat(client.received));
    client.close();
  });
}
