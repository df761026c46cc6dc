import { randomUUID } from 'node:crypto';
import { eventually } from '@sallyport/testing';
import type { Frame } from '@sallyport/recording';
import type { KubectlResult } from '@sallyport/testing-kubernetes';
import { proves } from '../../proves.js';
import type { ClusterAccount } from '../../servers/cluster-manifests.js';
import { ClusterUnderTest } from '../../servers/cluster-under-test.js';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';

const promiseMs = 5000;
type Decided = Extract<Frame, { kind: 'decision' }>['decision'];
const decisions = (frames: readonly Frame[]): Decided[] =>
  frames.flatMap((frame) => (frame.kind === 'decision' ? [frame.decision] : []));

describe('Kubernetes', () => {
  const under = new ClusterUnderTest();

  /** Of the one session whose recording holds this text. */
  function recordingWith(text: string, account: ClusterAccount = 'ci'): Promise<StoredRecording> {
    return eventually(
      `a recording with ${text}`,
      async () => {
        for (const { id } of (await sessionsOf(under.stack, account)).filter(({ open }) => !open).slice(0, 5)) {
          const recording = await StoredRecording.of(under.stack, id);
          if ((await recording.transcript()).includes(text)) return recording;
        }
        return undefined;
      },
      20_000,
    );
  }

  proves(
    'kubernetes',
    'record:as-seen',
    async () => {
      for (const websockets of ['true', 'false']) {
        const word = `said-${randomUUID()}`;
        const shown = await under.kubectl('ci', ['exec', 'api', '-n', under.web, '--', 'echo', word], {
          env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets },
        });
        expect([websockets, shown.code, shown.stdout]).toEqual([websockets, 0, `${word}\n`]);
        const recording = await recordingWith(word);
        const exec = decisions(await recording.frames()).filter(({ kind }) => kind === 'exec');
        expect(exec.map(({ effect, text }) => [effect, text.includes(word)])).toEqual([['permit', true]]);
        expect((await recording.responses()).includes(`${word}\n`)).toBe(true);
        expect(await recording.transcript()).toContain('ServiceAccount::ci');
        under.expectNoCanary(recording.bytes);
      }
      const listing = await under.ci('get', 'secrets', '-n', under.payments, '-o', 'json', `--request-timeout=20s`);
      const [{ metadata }] = JSON.parse(listing.stdout).items;
      const recording = await recordingWith(metadata.uid);
      under.expectNoCanary(recording.bytes);
      expect(await recording.transcript()).toContain('W3JlZGFjdGVkXQ');
    },
    60_000,
  );

  proves(
    'kubernetes',
    'record:denied',
    async () => {
      const name = `denied-${randomUUID().slice(0, 8)}`;
      await under.ci('get', 'configmap', name, '-n', 'kube-system');
      await under.ci('exec', 'api', '-n', under.web, '--', 'reboot', name);
      await under.call('ci', `/api/v1/namespaces/${under.web}/pods/${name}?surprise=1`);
      const judged: (readonly [string, string])[] = [];
      for (const text of [`kube-system/configmaps/${name}`, `command=reboot&command=${name}`, `pods/${name}`]) {
        const frames = await (await recordingWith(text)).frames();
        const all = decisions(frames);
        for (const decision of all) expect(decision.policyRevision >= 0 && decision.reasons.length > 0).toBe(true);
        expect(new Set(all.map(({ seq }) => seq)).size).toBe(all.length);
        judged.push(
          ...all.filter((each) => each.effect === 'deny').map(({ kind, text: said }) => [kind, said] as const),
        );
      }
      expect(
        judged
          .filter(([, text]) => text.includes(name))
          .map(([kind]) => kind)
          .sort(),
      ).toEqual(expect.arrayContaining(['exec', 'get', 'refused']));
      // kubectl asks again with POST where the websocket is refused: each time it is judged and recorded.
      for (const [, text] of judged) expect(text).toMatch(/^(GET|exec) \/api\/v1\//);
    },
    60_000,
  );

  proves('kubernetes', 'record:verify', async () => {
    const word = `verify-${randomUUID()}`;
    await under.ci('exec', 'api', '-n', under.web, '--', 'echo', word);
    const recording = await recordingWith(word);
    const whole = await recording.verify();
    expect(whole).toMatchObject({ ok: true });
    const step = Math.max(1, Math.floor(recording.bytes.length / 20));
    for (let at = 0; at < recording.bytes.length; at += step) {
      const changed = Buffer.from(recording.bytes);
      changed[at]! ^= 1;
      const report = await recording.verify(changed).catch(() => ({ ok: false, chain: undefined }));
      expect([at, report.ok && report.chain === whole.chain]).toEqual([at, false]);
    }
  });

  /** A watch and a command that never end by themselves. */
  async function lasting(account: ClusterAccount, token?: string): Promise<(since: number) => Promise<void>> {
    const as = { ...(token && { token }), timeoutMs: 20_000 };
    const earlier = new Set((await sessionsOf(under.stack, account)).map(({ id }) => id));
    const clients: Promise<KubectlResult & { readonly at: number }>[] = [
      ['get', 'configmaps', '-n', under.web, '--watch-only', '-o', 'json'],
      ['exec', 'api', '-n', under.web, '--', 'sleep', '60'],
    ]
      .filter(([verb]) => verb === 'get' || account !== 'ci')
      .map((args) => under.kubectl(account, args, as).then((result) => ({ ...result, at: Date.now() })));
    let over = 0;
    for (const client of clients) void client.then(() => (over += 1));
    await eventually('they are under way', async () => {
      if (over > 0) throw new Error(`over before anybody ended it: ${JSON.stringify(await Promise.race(clients))}`);
      const begun = (await sessionsOf(under.stack, account)).filter(({ open, id }) => open && !earlier.has(id));
      return begun.length >= clients.length || undefined;
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    return async (since) => {
      const [watch, exec] = await Promise.all(clients);
      // The watch ends with an event that says why; a command's end is an error of the connection.
      expect(JSON.parse(watch!.stdout)).toMatchObject({ kind: 'Status', status: 'Failure' });
      expect(watch!.at - since).toBeLessThan(promiseMs);
      if (exec) expect([exec.code, exec.at - since < promiseMs]).toEqual([1, true]);
    };
  }

  proves(
    'kubernetes',
    'revoke:key',
    async () => {
      const { api } = under.stack;
      const made = await api.expect<{ id: string; key: string }>('POST', '/v1/service-accounts/operator/keys', {});
      const get = async (token: string): Promise<number> =>
        (await under.call('operator', `/api/v1/namespaces/${under.web}/pods`, { token })).status;
      await eventually('the gateway knows the key', async () => (await get(made.key)) === 200 || undefined);
      const cut = await lasting('operator', made.key);
      const since = Date.now();
      await api.expect('DELETE', `/v1/service-accounts/operator/keys/${made.id}`);
      await cut(since);
      expect([await get(made.key), await get(under.stack.keys.operator)]).toEqual([401, 200]);
    },
    60_000,
  );

  proves(
    'kubernetes',
    'revoke:account',
    async () => {
      const { api } = under.stack;
      const cut = await lasting('operator');
      const since = Date.now();
      await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: true });
      await cut(since);
      const again = await under.call('operator', '/version');
      expect(again.status).toBe(401);
      await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: false });
      await eventually(
        'it may ask again',
        async () => (await under.call('operator', '/version')).status === 200 || undefined,
      );
    },
    60_000,
  );

  proves(
    'kubernetes',
    'revoke:session',
    async () => {
      const cut = await lasting('operator');
      const open = (await sessionsOf(under.stack, 'operator')).filter((session) => session.open);
      const since = Date.now();
      for (const { id } of open) {
        // Some ended by themselves meanwhile: kubectl asks about a pod before it runs something in it.
        const { status } = await under.stack.api.call('POST', `/v1/sessions/${id}/terminate`, { reason: 'enough' });
        expect([202, 200, 204, 409]).toContain(status);
      }
      await cut(since);
    },
    60_000,
  );

  test('K8-17: a watch that policy does not permit any more is cut and says why', async () => {
    const { api } = under.stack;
    const cut = await lasting('ci');
    const since = Date.now();
    const cedar = 'forbid (principal, action == Action::"watch", resource);';
    await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'closed', spec: { cedar } }));
    await cut(since);
    await api.expect('DELETE', '/v1/policies/closed');
  }, 60_000);
});
