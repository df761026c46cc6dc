import type { Frame } from '@sallyport/recording';
import { psql } from '../../clients/psql.js';
import { bind, describePortal, execute, parse, sync, terminate } from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

type Decided = Extract<Frame, { kind: 'decision' }>['decision'];
const decisions = (frames: readonly Frame[]): Decided[] =>
  frames.flatMap((frame) => (frame.kind === 'decision' ? [frame.decision] : []));

export function recordings(under: StackUnderTest): void {
  async function newest(account: string): Promise<StoredRecording> {
    const [session] = await sessionsOf(under.stack, account);
    return StoredRecording.of(under.stack, session!.id);
  }

  proves('postgres', 'record:as-seen', async () => {
    const client = await under.raw('ci');
    client.received.length = 0;
    await client.query('SELECT id, email, ssn FROM customers ORDER BY id');
    client.send(parse('', 'SELECT item FROM orders WHERE id = $1'), bind('', ['1']), describePortal(), execute(), sync);
    await client.untilReady();
    await client.query('DROP TABLE orders');
    client.send(terminate);
    await client.socket.readToEnd();
    const recording = await newest('ci');
    const recorded = await recording.responses();
    // The recording begins behind the authentication; from the first answer on it is the client's bytes, all of them.
    expect(recorded.subarray(-Buffer.concat(client.received).length).equals(Buffer.concat(client.received))).toBe(true);
    under.expectNoCanary(recording.bytes);
    const transcript = await recording.transcript();
    for (const part of ['SELECT id, email, ssn', 'DROP TABLE orders', 'item 1', '42501', 'ServiceAccount::ci']) {
      expect(transcript).toContain(part);
    }
  });

  proves('postgres', 'record:denied', async () => {
    await psql(under.psql('ci'), 'SELECT 1', 'DROP TABLE orders', 'SELEC', 'SELECT 2; SELECT 3');
    const recording = await newest('ci');
    const judged = decisions(await recording.frames());
    expect(judged.map(({ text, effect }) => [text, effect])).toEqual([
      [expect.any(String), 'permit'],
      ['SELECT 1', 'permit'],
      ['DROP TABLE orders', 'deny'],
      ['SELEC', 'deny'],
      ['SELECT 2; SELECT 3', 'permit'],
    ]);
    expect(judged[0]!.kind).toBe('connect');
    expect(new Set(judged.map(({ seq }) => seq)).size).toBe(judged.length);
    for (const decision of judged) expect(decision.policyRevision >= 0 && decision.reasons.length > 0).toBe(true);
  });

  test('a recording holds the decision before the answer it led to', async () => {
    await psql(under.psql('ci'), 'SELECT 41 + 1');
    const frames = await (await newest('ci')).frames();
    const decided = frames.findIndex((frame) => frame.kind === 'decision' && frame.decision.text === 'SELECT 41 + 1');
    const answered = frames.findIndex((frame) => frame.kind === 'response' && frame.bytes.includes('42'));
    expect(decided).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(decided);
  });

  proves('postgres', 'record:verify', async () => {
    await psql(under.psql('ci'), 'SELECT * FROM orders');
    const recording = await newest('ci');
    expect(await recording.verify()).toMatchObject({ ok: true });
    const step = Math.max(1, Math.floor(recording.bytes.length / 40));
    for (let at = 0; at < recording.bytes.length; at += step) {
      const changed = Buffer.from(recording.bytes);
      changed[at]! ^= 1;
      const report = await recording.verify(changed).catch(() => ({ ok: false, chain: undefined }));
      const whole = await recording.verify();
      // A change inside the last segment shows against the chain value that the control plane keeps.
      expect([at, report.ok && report.chain === whole.chain]).toEqual([at, false]);
    }
  });

  test('nobody without the right reads a recording', async () => {
    const [session] = await sessionsOf(under.stack, 'ci');
    const { api, keys } = under.stack;
    for (const key of [keys.ci, keys.stranger, undefined]) {
      const answer = await api.as(key).call('GET', `/v1/sessions/${session!.id}/recording`);
      expect([401, 403]).toContain(answer.status);
    }
  });
}
