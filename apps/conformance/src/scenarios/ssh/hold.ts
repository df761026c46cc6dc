import { eventually } from '@sallyport/testing';
import type { SshRun } from '../../clients/ssh-run.js';
import { proves } from '../../proves.js';
import type { SshUnderTest } from '../../servers/ssh-stack.js';

const refused = 126;

export function holds(under: SshUnderTest): void {
  const held = (marker: string): SshRun => under.run('ci', [`touch ${marker}`]);
  const becomes = (id: string, state: string): Promise<unknown> =>
    eventually(`approval is ${state}`, async () => (await under.stateOf(id)) === state || undefined);
  const tryToApprove = async (id: string, account: 'ci' | 'stranger' | 'reviewer' = 'reviewer'): Promise<number> => {
    const { api, keys } = under.stack;
    return (await api.as(keys[account]).call('POST', `/v1/approvals/${id}/approve`, {})).status;
  };

  proves('ssh', 'hold:approved:once', async () => {
    const marker = under.marker();
    const client = held(marker);
    const id = await client.approvalId();
    expect(await under.approval(id)).toMatchObject({ state: 'pending', text: `touch ${marker}` });
    expect(client.stderr).toContain('changes need a second pair of eyes');
    expect(under.exists(marker)).toBe(false);
    await under.approve(id);
    expect(await client.done()).toMatchObject({ code: 0 });
    expect(under.exists(marker)).toBe(true);
    await becomes(id, 'consumed');
    await eventually('its outcome', async () => (await under.approval(id))['outcome'] === 'completed' || undefined);
    // The same command waits again, and so does another.
    for (const next of [marker, under.marker()]) {
      const again = held(next);
      expect(await again.approvalId()).not.toBe(id);
      again.kill();
      await again.done();
    }
    expect(await tryToApprove(id)).toBe(409);
  });

  proves('ssh', 'hold:denied', async () => {
    const marker = under.marker();
    const client = held(marker);
    const id = await client.approvalId();
    const { api, keys } = under.stack;
    await api.as(keys['reviewer']).expect('POST', `/v1/approvals/${id}/deny`, { comment: 'wrong week' });
    const { code, stderr } = await client.done();
    expect(code).toBe(refused);
    expect(stderr).toContain('wrong week');
    expect(under.exists(marker)).toBe(false);
  });

  proves('ssh', 'hold:expired', async () => {
    const marker = under.marker();
    const client = under.run('ci', [`mkdir ${marker}`]);
    const id = await client.approvalId();
    const { code, stderr } = await client.done();
    expect(code).toBe(refused);
    expect(stderr).toContain('nobody approved the request in time');
    await becomes(id, 'expired');
    expect(under.exists(marker)).toBe(false);
  });

  proves('ssh', 'hold:abandoned', async () => {
    const marker = under.marker();
    const client = held(marker);
    const id = await client.approvalId();
    client.kill();
    await client.done();
    await becomes(id, 'abandoned');
    expect(await tryToApprove(id)).toBe(409);
    expect(under.exists(marker)).toBe(false);
  });

  proves('ssh', 'cancel:held', async () => {
    const marker = under.marker();
    const client = under.run('ci', [`touch ${marker}`], { before: ['-tt'], stdin: 'open' });
    // On a terminal both streams are one.
    const id = await client.approvalId();
    client.child.stdin.write('\x03');
    expect((await client.done()).code).toBe(refused);
    await becomes(id, 'abandoned');
    expect(under.exists(marker)).toBe(false);
  });

  proves('ssh', 'hold:parameters', async () => {
    // What an interpreter reads is what the reviewer reads.
    const [first, second] = [under.marker(), under.marker()];
    for (const marker of [first, second]) {
      const client = under.run('ci', ['bash'], { stdin: 'open' });
      client.child.stdin.write(`touch ${marker}\n`);
      client.child.stdin.end('echo ran\n');
      const id = await client.approvalId();
      expect(await under.approval(id)).toMatchObject({ text: `bash\ntouch ${marker}\necho ran\n`, state: 'pending' });
      expect(under.exists(marker)).toBe(false);
      await under.approve(id);
      expect(await client.done()).toMatchObject({ code: 0, stdout: 'ran\n' });
      expect(under.exists(marker)).toBe(true);
    }
  });

  proves('ssh', 'hold:self', async () => {
    const client = held(under.marker());
    const id = await client.approvalId();
    expect([await tryToApprove(id, 'ci'), await tryToApprove(id, 'stranger')]).toEqual([403, 403]);
    expect(await under.stateOf(id)).toBe('pending');
    client.kill();
    await client.done();
  });

  proves('ssh', 'hold:policy-changed', async () => {
    const marker = under.marker();
    const client = held(marker);
    const id = await client.approvalId();
    const { api } = under.stack;
    const cedar = '@reason("frozen") forbid (principal in Group::"ci", action == Action::"exec", resource);';
    await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'freeze', spec: { cedar } }));
    try {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await tryToApprove(id);
      expect((await client.done()).code).toBe(refused);
      expect(under.exists(marker)).toBe(false);
    } finally {
      await api.expect('DELETE', '/v1/policies/freeze');
    }
    await eventually('the freeze is over', async () => (await under.ssh('ci', 'true')).code === 0 || undefined);
  });

  test('SH-03, SH-17: while one command is held the connection lives, and its others are judged by themselves', async () => {
    const marker = under.marker();
    const shared = ['-o', `ControlPath=${under.home}/held-mux`];
    const before = ['-o', 'ServerAliveInterval=1', '-o', 'ServerAliveCountMax=2', '-o', 'RekeyLimit=default 1s'];
    const master = under.run('ci', [`touch ${marker}`], { before: [...shared, '-M', ...before] });
    const id = await master.approvalId();
    expect((await under.ssh('ci', 'echo beside', { before: shared })).out).toBe('beside\n');
    expect((await under.ssh('ci', 'uname', { before: shared })).code).toBe(refused);
    const forward = ['-o', 'ExitOnForwardFailure=yes', '-R', `0:127.0.0.1:${under.box.echoPort}`, '-O', 'forward'];
    expect((await under.as('ci').ssh([], { before: [...shared, ...forward] })).code).not.toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(under.exists(marker)).toBe(false);
    await under.approve(id);
    expect((await master.done()).code).toBe(0);
    expect(under.exists(marker)).toBe(true);
  }, 60_000);

  proves('ssh', 'hold:target-lost', async () => {
    const marker = under.marker();
    const client = held(marker);
    const id = await client.approvalId();
    under.box.sshd.kill();
    const { code, stderr } = await client.done();
    expect(code).toBe(255);
    expect(stderr).toContain('the connection to the target was lost');
    await eventually('the approval ended', async () => (await under.stateOf(id)) !== 'pending' || undefined);
    expect(['void', 'abandoned']).toContain(await under.stateOf(id));
    await under.box.sshd.restart();
    expect((await under.ssh('ci', 'echo back')).out).toBe('back\n');
    expect(under.exists(marker)).toBe(false);
  });
}
