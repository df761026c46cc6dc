import { Client } from 'pg';
import { startParts, type Parts } from '../../testing/control-plane-parts.js';

let parts: Parts;
beforeAll(async () => {
  parts = await startParts();
}, 60_000);
afterAll(() => parts.stop());

const record = (target: string): Promise<void> =>
  parts.audit.record({
    actor: 'User::alice',
    action: 'resource.update',
    target,
    detail: { note: '=HYPERLINK("x")\u001b[2J' },
  });

test('CP-06: entries that come together still make one chain', async () => {
  await Promise.all(Array.from({ length: 40 }, (_, n) => record(`Resource::r${n}`)));
  expect(await parts.audit.verify()).toMatchObject({ intact: true, entries: 40, brokenAt: null });
  const page = await parts.audit.list({ limit: 30 });
  expect(page.items.map((entry) => entry.seq)).toEqual(Array.from({ length: 30 }, (_, n) => 40 - n));
  const rest = await parts.audit.list({ limit: 30, cursor: page.next! });
  expect(rest.items.at(-1)!.seq).toBe(1);
  expect(rest.next).toBeNull();
  expect((await parts.audit.list({ target: 'Resource::r7' })).items).toHaveLength(1);
});

test('an entry stands or falls with the change it tells of', async () => {
  const { entries } = await parts.audit.verify();
  const failed = parts.dataSource.transaction(async (manager) => {
    await parts.audit.record({ actor: 'system', action: 'x.y', target: 'X::y' }, manager);
    throw new Error('the change failed');
  });
  await expect(failed).rejects.toThrow('the change failed');
  expect((await parts.audit.verify()).entries).toBe(entries);
});

test.each([`UPDATE audit_entries SET actor = 'User::mallory'`, 'DELETE FROM audit_entries', 'TRUNCATE audit_entries'])(
  'CP-06: the database refuses %s',
  async (statement) => {
    await expect(parts.dataSource.query(statement)).rejects.toThrow('never changed');
  },
);

test.each([
  ['a changed body', `UPDATE audit_entries SET body = replace(body, 'alice', 'malice') WHERE seq = 7`, 7],
  ['a changed column', `UPDATE audit_entries SET actor = 'User::mallory' WHERE seq = 9`, 9],
  ['a removed entry', 'DELETE FROM audit_entries WHERE seq = 5', 5],
  ['swapped entries', 'UPDATE audit_entries SET seq = CASE seq WHEN 3 THEN 1000 ELSE seq END WHERE seq IN (3, 4)', 3],
])('CP-06: %s by somebody who can lift the guard is noticed', async (_, statement, brokenAt) => {
  const admin = new Client({ connectionString: parts.postgres.adminUrl });
  await admin.connect();
  try {
    await admin.query('BEGIN');
    await admin.query('CREATE TEMP TABLE kept AS SELECT * FROM audit_entries');
    await admin.query('ALTER TABLE audit_entries DISABLE TRIGGER USER');
    await admin.query(statement);
    await admin.query('COMMIT');
    expect(await parts.audit.verify()).toMatchObject({ intact: false, brokenAt });
  } finally {
    await admin.query('DELETE FROM audit_entries');
    await admin.query('INSERT INTO audit_entries SELECT * FROM kept');
    await admin.query('ALTER TABLE audit_entries ENABLE TRIGGER USER');
    await admin.end();
  }
  expect(await parts.audit.verify()).toMatchObject({ intact: true });
});
