import { readFileSync } from 'node:fs';
import { query, fields, word } from '../../clients/raw-postgres.js';
import { Psql, psql } from '../../clients/psql.js';
import { proves } from '../../proves.js';
import { eventually } from '@sallyport/testing';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';
import { StackUnderTest } from '../../servers/use-stack.js';

/** Resident memory of a process. Bytes. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

describe('PostgreSQL', () => {
  const under = new StackUnderTest({ gatewayEnv: { SALLYPORT_SPOOL_MAX_BYTES: String(8 * 2 ** 30) } });

  proves(
    'postgres',
    'failure:gateway',
    async () => {
      const client = await under.raw('ci');
      await client.query("INSERT INTO audit_log (line) VALUES ('before the kill')");
      client.send(query('SELECT count(*) FROM orders, generate_series(1, 30000000)'));
      const deleting = new Psql(under.psql('ci'), ['-c', 'DELETE FROM orders WHERE id = 20']);
      const approval = await deleting.approvalId();
      const [session] = await eventually('the sessions are known', async () => {
        const open = (await sessionsOf(under.stack, 'ci')).filter((each) => each.open);
        return open.length >= 2 ? open.reverse() : undefined;
      });
      await under.stack.gateway.stop('SIGKILL');
      await client.socket.readToEnd();
      expect((await deleting.done()).code).not.toBe(0);
      await under.stack.startGateway();
      // What the client was told before the kill is in the recording, and the recording says how it ended.
      const recording = await StoredRecording.of(under.stack, session!.id);
      const frames = await recording.frames();
      expect(await recording.transcript()).toContain('before the kill');
      expect(frames.at(-1)).toMatchObject({ kind: 'close', interrupted: true });
      expect(await recording.verify()).toMatchObject({ interrupted: true });
      // The held statement is over, and approving it now runs nothing.
      await eventually('the approval ended', async () =>
        (await under.approval(approval))['state'] === 'abandoned' ? true : undefined,
      );
      expect(await under.onTarget('SELECT count(*) FROM orders WHERE id = 20')).toBe('1');
      expect(await psql(under.psql('ci'), 'SELECT 1')).toMatchObject({ code: 0 });
    },
    90_000,
  );

  proves(
    'postgres',
    'failure:control-plane',
    async () => {
      const client = await under.raw('ci');
      await under.stack.controlPlane.stop('SIGKILL');
      expect(word(await client.query('SELECT count(*) FROM orders'))).toBe('TDCZ');
      const held = await client.query('DELETE FROM orders WHERE id = 21');
      expect(word(held)).toMatch(/^N*EZ$/);
      expect(await under.onTarget('SELECT count(*) FROM orders WHERE id = 21')).toBe('1');
      expect(word(await client.query('DROP TABLE orders'))).toBe('EZ');
      const meanwhile = new Date().toISOString();
      expect(await psql(under.psql('ci'), 'SELECT 2')).toMatchObject({ code: 0, stdout: '2\n' });
      await under.stack.startControlPlane();
      const session = await eventually('the session made meanwhile is known', async () =>
        (await sessionsOf(under.stack, 'ci')).find((each) => each.startedAt > meanwhile),
      );
      const recording = await StoredRecording.of(under.stack, session.id);
      expect(await recording.verify()).toMatchObject({ ok: true });
      client.close();
    },
    90_000,
  );

  proves(
    'postgres',
    'failure:slow-reader',
    async () => {
      const client = await under.raw('reviewer');
      const text = 'SELECT g, repeat($$x$$, 1000) FROM generate_series(1, 1000000) g';
      const before = residentBytes(under.stack.gateway.pid);
      client.socket.pause();
      client.send(query(text));
      let most = 0;
      for (let index = 0; index < 40; index += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        most = Math.max(most, residentBytes(under.stack.gateway.pid));
      }
      expect(most - before).toBeLessThan(50 * 2 ** 20);
      client.close();
    },
    60_000,
  );

  proves('postgres', 'failure:target', async () => {
    const client = await under.raw('reviewer');
    client.send(query('SELECT pg_sleep(60)'));
    await eventually('it runs', async () => under.targetLog.includes('pg_sleep(60)') || undefined);
    await under.onTarget(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND pid <> pg_backend_pid()",
    );
    let told = await client.next();
    while (told.type === 'T') told = await client.next();
    expect([told.type, fields(told)['C']]).toEqual(['E', '57P01']);
    await client.socket.readToEnd();
    expect(await psql(under.psql('ci'), 'SELECT 1')).toMatchObject({ code: 0 });
  });
});
