import { eventually } from '@sallyport/testing';
import type { KubectlResult } from '@sallyport/testing-kubernetes';
import { proves } from '../../proves.js';
import type { ClusterUnderTest } from '../../servers/cluster-under-test.js';

export function holds(under: ClusterUnderTest): void {
  const path = (name: string): string => `/api/v1/namespaces/${under.web}/configmaps/${name}`;
  const exists = (name: string): Promise<boolean> => under.exists('configmap', name);
  const removing = (name: string, signal?: AbortSignal): Promise<KubectlResult> =>
    under.kubectl('ci', ['delete', 'configmap', name, '-n', under.web, '--wait=false'], { ...(signal && { signal }) });
  const pending = (name: string): Promise<string> => under.pending(`DELETE ${path(name)}`);
  /** Asks without waiting for people; kubectl would come back by itself. */
  const asked = (name: string, token?: string): ReturnType<ClusterUnderTest['call']> =>
    under.call('ci', path(name), { method: 'DELETE', headers: { prefer: 'wait=0' }, ...(token && { token }) });
  const idIn = (text: string): string => /waiting for ([0-9a-f-]{36})/.exec(text)![1]!;
  const patched = (name: string, data: object, token?: string): ReturnType<ClusterUnderTest['call']> =>
    under.call('ci', path(name), {
      method: 'PATCH',
      headers: { 'content-type': 'application/merge-patch+json', prefer: 'wait=0' },
      body: JSON.stringify({ data }),
      ...(token && { token }),
    });
  const make = (name: string): Promise<string> =>
    under.admin('create', 'configmap', name, '-n', under.web, '--from-literal=number=0');

  proves('kubernetes', 'hold:approved:once', async () => {
    let id = '';
    const writes = await under.writesDuring(async () => {
      const client = removing('one');
      id = await pending('one');
      expect(await under.approval(id)).toMatchObject({
        state: 'pending',
        requester: { principal: 'ServiceAccount::ci' },
      });
      expect(await exists('one')).toBe(true);
      await under.approve(id);
      expect(await client).toMatchObject({ code: 0, stdout: 'configmap "one" deleted\n' });
    });
    expect(writes).toHaveLength(1);
    expect(await exists('one')).toBe(false);
    await under.becomes(id, 'consumed');
    await eventually('its outcome', async () => (await under.approval(id))['outcome'] === 'completed' || undefined);
    // The same text waits again.
    await make('one');
    const again = await asked('one');
    expect([again.status, again.headers['retry-after']]).toEqual([429, '5']);
    expect(idIn(again.text)).not.toBe(id);
    expect(await exists('one')).toBe(true);
    const late = await under.stack.api.as(under.stack.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
    expect(late.status).toBe(409);
  });

  test('kubectl that is told to come back does so by itself, and runs once', async () => {
    await make('later');
    // Whoever asked first went away with a 429; the approval is by then of the request, not of the connection.
    const first = await asked('later');
    expect(first.status).toBe(429);
    await under.approve(idIn(first.text));
    const writes = await under.writesDuring(async () => {
      const body = JSON.stringify({ propagationPolicy: 'Background' });
      const other = await under.call('ci', path('later'), {
        method: 'DELETE',
        headers: { prefer: 'wait=0', 'content-type': 'application/json' },
        body,
      });
      expect(other.status).toBe(429);
      expect((await asked('later')).status).toBe(200);
      expect((await asked('later')).status).not.toBe(200);
    });
    expect(writes).toHaveLength(1);
  }, 30_000);

  proves('kubernetes', 'hold:denied', async () => {
    const writes = await under.writesDuring(async () => {
      const client = removing('two');
      const id = await pending('two');
      await under.stack.api
        .as(under.stack.keys.reviewer)
        .expect('POST', `/v1/approvals/${id}/deny`, { comment: 'wrong week' });
      const result = await client;
      expect([result.code, result.stderr]).toEqual([1, expect.stringContaining('wrong week')]);
    });
    expect([writes, await exists('two')]).toEqual([[], true]);
  });

  proves('kubernetes', 'hold:expired', async () => {
    await make('quick');
    const writes = await under.writesDuring(async () => {
      const result = await under.ci(
        'patch',
        'configmap',
        'quick',
        '-n',
        under.web,
        '--type=merge',
        '-p',
        '{"data":{"number":"late"}}',
      );
      expect([result.code, result.stderr]).toEqual([1, expect.stringMatching(/in time|expired|void/)]);
    });
    expect(writes.filter((text) => !text.includes('dryRun=All'))).toEqual([]);
    expect(await under.admin('get', 'configmap', 'quick', '-n', under.web, '-o', 'jsonpath={.data.number}')).toBe('0');
  });

  proves('kubernetes', 'hold:abandoned', async () => {
    const leaving = new AbortController();
    const client = removing('three', leaving.signal);
    const id = await pending('three');
    leaving.abort();
    expect((await client).code).not.toBe(0);
    await under.becomes(id, 'abandoned');
    const late = await under.stack.api.as(under.stack.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
    expect([late.status, await exists('three')]).toEqual([409, true]);
  });

  proves('kubernetes', 'hold:parameters', async () => {
    await make('careful');
    const first = await patched('careful', { number: 'good' });
    expect(first.status).toBe(429);
    // People read the object before and after, not only the patch; of what is classified they see that it changes.
    const { text } = await under.approval(idIn(first.text));
    const [, before, after] = /^- +"number": "(digest:\w+)"\n\+ +"number": "(digest:\w+)"/m.exec(String(text))!;
    expect(before).not.toBe(after);
    await under.approve(idIn(first.text));
    expect((await patched('careful', { number: 'evil' })).status).toBe(429);
    expect((await patched('careful', { number: 'good' })).status).toBe(200);
    expect(await under.admin('get', 'configmap', 'careful', '-n', under.web, '-o', 'jsonpath={.data.number}')).toBe(
      'good',
    );
  });

  test('K8-12: what was approved does not run on an object that has changed since', async () => {
    const first = await patched('careful', { number: 'better' });
    await under.approve(idIn(first.text));
    await under.admin('annotate', 'configmap', 'careful', '-n', under.web, 'changed=meanwhile');
    const writes = await under.writesDuring(async () => {
      expect([403, 429]).toContain((await patched('careful', { number: 'better' })).status);
    });
    expect(writes.filter((text) => !text.includes('dryRun=All'))).toEqual([]);
    expect(await under.admin('get', 'configmap', 'careful', '-n', under.web, '-o', 'jsonpath={.data.number}')).toBe(
      'good',
    );
  }, 30_000);

  test('K8-22: an approval for one key does not serve another key of the same account', async () => {
    const { key, id: keyId } = await under.stack.api.expect<{ key: string; id: string }>(
      'POST',
      '/v1/service-accounts/ci/keys',
      {},
    );
    await eventually(
      'the key works',
      async () => (await under.call('ci', path('four'), { token: key })).status === 200 || undefined,
    );
    const first = await asked('four');
    await under.approve(idIn(first.text));
    const other = await asked('four', key);
    expect([other.status, idIn(other.text) === idIn(first.text)]).toEqual([429, false]);
    expect(await exists('four')).toBe(true);
    expect((await asked('four')).status).toBe(200);
    await under.stack.api.expect('DELETE', `/v1/service-accounts/ci/keys/${keyId}`);
  }, 30_000);

  proves('kubernetes', 'hold:self', async () => {
    const { text } = await asked('five');
    const { api, keys } = under.stack;
    for (const account of ['ci', 'stranger', 'auditor'] as const) {
      const answer = await api.as(keys[account]).call('POST', `/v1/approvals/${idIn(text)}/approve`, {});
      expect([account, answer.status]).toEqual([account, 403]);
    }
    expect([(await asked('five')).status, await exists('five')]).toEqual([429, true]);
  });

  proves('kubernetes', 'hold:policy-changed', async () => {
    const { api } = under.stack;
    const client = removing('six');
    const id = await pending('six');
    const cedar = '@reason("frozen") forbid (principal, action == Action::"delete", resource);';
    await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'freeze', spec: { cedar } }));
    try {
      await new Promise((resolve) => setTimeout(resolve, 1000));
      await api.as(under.stack.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
      expect((await client).code).toBe(1);
      expect(await exists('six')).toBe(true);
    } finally {
      await api.expect('DELETE', '/v1/policies/freeze');
    }
    await eventually('the freeze is over', async () => ((await asked('six')).status === 429 ? true : undefined));
  });

  proves('kubernetes', 'hold:target-lost', async () => {
    // Nothing is held open for it: the target is looked at when people decide, and asked only then.
    const client = removing('seven');
    const id = await pending('seven');
    const { name } = JSON.parse(await under.admin('get', 'configmap', 'seven', '-n', under.web, '-o', 'json')).metadata;
    await under.admin('delete', 'configmap', name, '-n', under.web);
    const writes = await under.writesDuring(async () => {
      await under.stack.api.as(under.stack.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
      expect((await client).code).toBe(1);
    });
    expect(writes).toEqual([]);
    await eventually('the approval ended', async () =>
      ['void', 'abandoned'].includes(String((await under.approval(id))['state'])) ? true : undefined,
    );
  });

  test('K8-02: a command that is held runs once, and only that command', async () => {
    const files = async (): Promise<string[]> =>
      (await under.admin('exec', 'api', '-n', under.web, '--', 'ls'))
        .split('\n')
        .filter((name) => /^marker-/.test(name));
    for (const websockets of ['true', 'false']) {
      for (const verdict of ['deny', 'approve']) {
        const marker = `marker-${websockets}-${verdict}`;
        const before = await files();
        const client = under.kubectl('ci', ['exec', 'api', '-n', under.web, '--', 'touch', marker], {
          env: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets },
        });
        // Whichever method asks: kubectl that is refused by one tries the other, and people are not asked again.
        const id = await under.pending(`exec /api/v1/namespaces/${under.web}/pods/api/exec`);
        expect((await under.approval(id))['text']).toContain(`command=touch&command=${marker}`);
        expect(await files()).toEqual(before);
        const path = `/v1/approvals/${id}/${verdict}`;
        await under.stack.api.as(under.stack.keys.reviewer).expect('POST', path, { comment: 'so be it' });
        const { code, stderr } = await client;
        expect([marker, code]).toEqual([marker, verdict === 'approve' ? 0 : 1]);
        if (verdict === 'deny') expect(stderr).toContain('so be it');
        expect(await files()).toEqual(verdict === 'approve' ? [...before, marker].sort() : before);
      }
    }
  }, 60_000);

  test('a hundred reviewers at once make one decision', async () => {
    const client = removing('eight');
    const id = await pending('eight');
    const { api, keys } = under.stack;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        api
          .as(index % 2 ? keys.reviewer : keys.operator)
          .call('POST', `/v1/approvals/${id}/${index % 3 ? 'approve' : 'deny'}`, { comment: 'x' }),
      ),
    );
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1);
    const { code } = await client;
    const runs = (await under.approval(id))['state'] === 'consumed';
    expect([code, await exists('eight')]).toEqual(runs ? [0, false] : [1, true]);
  }, 30_000);
}
