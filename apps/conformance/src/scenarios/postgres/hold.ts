import pg from 'pg';
import { eventually } from '@sallyport/testing';
import { Psql, psql } from '../../clients/psql.js';
import { fields, query, status, word, type RawPostgres } from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

const noticeId = (text: string | undefined): string => /waiting for approval ([0-9a-f-]{36})/.exec(text ?? '')![1]!;

export function holds(under: StackUnderTest): void {
  const exists = async (id: number): Promise<boolean> =>
    (await under.onTarget(`SELECT count(*) FROM orders WHERE id = ${id}`)) === '1';
  const held = (id: number): Psql => new Psql(under.psql('ci'), ['-c', `DELETE FROM orders WHERE id = ${id}`]);
  const stateOf = async (id: string): Promise<unknown> => (await under.approval(id))['state'];
  const becomes = (id: string, state: string): Promise<unknown> =>
    eventually(`approval is ${state}`, async () => ((await stateOf(id)) === state ? true : undefined));

  /** Sends, and reads the NOTICE that says it waits. */
  async function waits(client: RawPostgres, text: string): Promise<string> {
    client.send(query(text));
    const notice = await client.next();
    expect(notice.type).toBe('N');
    return noticeId(fields(notice)['M']);
  }

  proves('postgres', 'hold:approved:once', async () => {
    const client = held(1);
    const id = await client.approvalId();
    expect(await stateOf(id)).toBe('pending');
    expect(await exists(1)).toBe(true);
    expect(under.targetLog).not.toContain('DELETE FROM orders');
    await under.approve(id);
    const result = await client.done();
    expect(result).toMatchObject({ code: 0, stdout: 'DELETE 1\n' });
    expect(await exists(1)).toBe(false);
    expect(under.targetLog.split('DELETE FROM orders WHERE id = 1').length - 1).toBe(1);
    await becomes(id, 'consumed');
    await eventually('its outcome', async () =>
      (await under.approval(id))['outcome'] === 'completed' ? true : undefined,
    );
    // The same text waits again, and so does another.
    for (const next of [1, 2]) {
      const again = held(next);
      const other = await again.approvalId();
      expect(other).not.toBe(id);
      again.kill();
      await again.done();
    }
    const late = await under.stack.api.as(under.stack.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
    expect(late.status).toBe(409);
  });

  proves('postgres', 'hold:denied', async () => {
    const client = held(3);
    const id = await client.approvalId();
    await under.stack.api
      .as(under.stack.keys.reviewer)
      .expect('POST', `/v1/approvals/${id}/deny`, { comment: 'wrong week' });
    const result = await client.done();
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('42501');
    expect(result.stderr).toContain('wrong week');
    expect(await exists(3)).toBe(true);
  });

  proves('postgres', 'hold:expired', async () => {
    const result = await psql(under.psql('ci'), "UPDATE orders SET item = 'late' WHERE id = 4");
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('57014');
    expect(await under.onTarget('SELECT item FROM orders WHERE id = 4')).toBe('item 4');
    await becomes(noticeId(result.stderr), 'expired');
  });

  proves('postgres', 'hold:abandoned', async () => {
    const client = held(5);
    const id = await client.approvalId();
    client.kill();
    await client.done();
    await becomes(id, 'abandoned');
    const late = await under.stack.api.as(under.stack.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
    expect(late.status).toBe(409);
    expect(await exists(5)).toBe(true);
  });

  proves('postgres', 'cancel:held', async () => {
    const client = held(6);
    const id = await client.approvalId();
    client.interrupt();
    const result = await client.done();
    expect(result.stderr).toContain('57014');
    await becomes(id, 'abandoned');
    expect(await exists(6)).toBe(true);
  });

  proves('postgres', 'hold:parameters', async () => {
    const client = new pg.Client(under.pg('ci'));
    const notices: string[] = [];
    client.on('notice', (notice) => notices.push(notice.message ?? ''));
    await client.connect();
    const statement = { name: 'remove', text: 'DELETE FROM orders WHERE id = $1' };
    for (const id of [7, 8]) {
      const running = client.query({ ...statement, values: [id] });
      const approvalId = await eventually('the notice', async () =>
        notices.length ? noticeId(notices.pop()) : undefined,
      );
      expect(await under.approval(approvalId)).toMatchObject({ parameters: [String(id)], state: 'pending' });
      expect(await exists(id)).toBe(true);
      await under.approve(approvalId);
      expect((await running).rowCount).toBe(1);
      expect(await exists(id)).toBe(false);
    }
    await client.end();
  });

  proves('postgres', 'hold:self', async () => {
    const client = held(9);
    const id = await client.approvalId();
    const { api, keys } = under.stack;
    for (const account of ['ci', 'stranger'] as const) {
      const answer = await api.as(keys[account]).call('POST', `/v1/approvals/${id}/approve`, {});
      expect([account, answer.status]).toEqual([account, 403]);
    }
    expect(await stateOf(id)).toBe('pending');
    client.kill();
    await client.done();
  });

  proves('postgres', 'hold:policy-changed', async () => {
    const client = held(10);
    const id = await client.approvalId();
    const { api } = under.stack;
    const manifest = {
      kind: 'Policy',
      name: 'freeze',
      spec: { cedar: '@reason("frozen") forbid (principal, action == Action::"delete", resource);' },
    };
    await api.expect('PUT', '/v1/manifests', JSON.stringify(manifest));
    try {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await api.as(under.stack.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
      const result = await client.done();
      expect(result.code).toBe(1);
      expect(await exists(10)).toBe(true);
    } finally {
      await api.expect('DELETE', '/v1/policies/freeze');
    }
    await eventually('the freeze is over', async () => {
      const again = held(10);
      const found = await again.approvalId().catch(() => undefined);
      again.kill();
      await again.done();
      return found;
    });
  });

  proves('postgres', 'hold:transaction', async () => {
    const client = await under.raw('ci');
    expect(status(await client.query("BEGIN; INSERT INTO audit_log (line) VALUES ('with it')"))).toBe('T');
    const id = await waits(client, 'DELETE FROM orders WHERE id = 11');
    // Whatever is sent behind a held statement waits with it.
    client.send(query('SET search_path = secret'), query('COMMIT'));
    await under.approve(id);
    const answers = await client.untilReady();
    expect([word(answers), status(answers)]).toEqual(['CZ', 'T']);
    expect(word(await client.untilReady())).toBe('EZ');
    const committed = await client.untilReady();
    expect(status(committed)).toBe('I');
    const refused = await waits(client, 'DELETE FROM orders WHERE id = 12');
    await under.stack.api
      .as(under.stack.keys.reviewer)
      .expect('POST', `/v1/approvals/${refused}/deny`, { comment: 'no' });
    expect(status(await client.untilReady())).toBe('I');
    expect(status(await client.query('BEGIN'))).toBe('T');
    const inside = await waits(client, 'DELETE FROM orders WHERE id = 12');
    await under.stack.api
      .as(under.stack.keys.reviewer)
      .expect('POST', `/v1/approvals/${inside}/deny`, { comment: 'no' });
    expect(status(await client.untilReady())).toBe('E');
    client.close();
    expect(await exists(12)).toBe(true);
  });

  proves('postgres', 'hold:target-lost', async () => {
    const client = await under.raw('ci');
    const id = await waits(client, 'DELETE FROM orders WHERE id = 13');
    await under.onTarget(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'app' AND pid <> pg_backend_pid()",
    );
    const lost = await client.next();
    expect([lost.type, fields(lost)['C']]).toEqual(['E', '57P01']);
    await eventually('the approval ended', async () => ((await stateOf(id)) === 'pending' ? undefined : true));
    expect(['void', 'abandoned']).toContain(await stateOf(id));
    expect(await exists(13)).toBe(true);
  });

  test('a hundred reviewers at once make one decision', async () => {
    const client = held(14);
    const id = await client.approvalId();
    const { api, keys } = under.stack;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        api
          .as(index % 2 ? keys.reviewer : keys.operator)
          .call('POST', `/v1/approvals/${id}/${index % 3 ? 'approve' : 'deny'}`, { comment: 'x' }),
      ),
    );
    expect(answers.filter((answer) => answer.status < 300)).toHaveLength(1);
    const result = await client.done();
    const state = await stateOf(id);
    const remains = await exists(14);
    const runs = state === 'consumed';
    expect([state, result.code, remains, result.stderr]).toEqual(
      runs ? [state, 0, false, expect.anything()] : ['denied', 1, true, expect.anything()],
    );
  });
}
