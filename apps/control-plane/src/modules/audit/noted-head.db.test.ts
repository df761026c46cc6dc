import { Client } from 'pg';
import { auditIntegrityQuery } from '@sallyport/api-contract';
import { startParts, type Parts } from '../../testing/control-plane-parts.js';

let parts: Parts;
let admin: Client;
const record = (n: number): Promise<void> =>
  parts.audit.record({ actor: 'User::alice', action: 'resource.update', target: `Resource::r${n}` });

beforeAll(async () => {
  parts = await startParts();
  admin = new Client({ connectionString: parts.postgres.adminUrl });
  await admin.connect();
}, 60_000);
beforeEach(async () => {
  await withoutGuard('DELETE FROM audit_entries');
  for (let n = 1; n <= 8; n += 1) await record(n);
});
afterAll(async () => {
  await admin.end();
  await parts.stop();
});

/** As somebody who owns the tables can. */
async function withoutGuard(statement: string): Promise<void> {
  await admin.query('ALTER TABLE audit_entries DISABLE TRIGGER USER');
  await admin.query(statement);
  await admin.query('ALTER TABLE audit_entries ENABLE TRIGGER USER');
}
async function noted(): Promise<{ entries: number; hash: string }> {
  const { entries, head } = await parts.audit.verify();
  return { entries, hash: head };
}

test('CP-06: a chain that grew still holds the head that was noted', async () => {
  const head = await noted();
  await record(9);
  expect(await parts.audit.verify(head)).toMatchObject({ intact: true, entries: 9, brokenAt: null });
  expect(await parts.audit.verify(await noted())).toMatchObject({ intact: true });
});

test('CP-06: what was cut from the end is missed', async () => {
  const head = await noted();
  await withoutGuard('DELETE FROM audit_entries WHERE seq > 5');
  expect(await parts.audit.verify()).toMatchObject({ intact: true, entries: 5 });
  expect(await parts.audit.verify(head)).toMatchObject({ intact: false, entries: 5, brokenAt: 6 });
  await withoutGuard('DELETE FROM audit_entries');
  expect(await parts.audit.verify(head)).toMatchObject({ intact: false, entries: 0, brokenAt: 1 });
});

test('CP-06: a fork, whole in itself and longer, is not the chain that was noted', async () => {
  const head = await noted();
  await withoutGuard('DELETE FROM audit_entries WHERE seq > 6');
  for (let n = 0; n < 5; n += 1) await record(100 + n);
  expect(await parts.audit.verify()).toMatchObject({ intact: true, entries: 11 });
  expect(await parts.audit.verify(head)).toMatchObject({ intact: false, brokenAt: 8 });
});

test.each(['', '1', `0:${'a'.repeat(64)}`, `1:${'A'.repeat(64)}`, `1:${'a'.repeat(63)}`, `-1:${'a'.repeat(64)}`])(
  'CP-06: %j is no head, rather than one that nothing is held against',
  (head) => expect(auditIntegrityQuery.safeParse({ head }).success).toBe(false),
);
