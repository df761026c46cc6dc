import { eventually } from '@sallyport/testing';
import { proves } from '../../proves.js';
import type { HttpStack } from '../../servers/http-stack.js';

interface Held {
  readonly status: number;
  readonly id: string;
}

/** For one test, on a machine that has other things to do. */
const patienceMs = 30_000;

export function holds(under: HttpStack): void {
  const stateOf = async (id: string): Promise<unknown> => (await under.approval(id))['state'];
  const becomes = (id: string, state: string): Promise<unknown> =>
    eventually(`approval is ${state}`, async () => ((await stateOf(id)) === state ? true : undefined));
  const exists = (id: number): boolean => under.origin.state.orders.has(`${id}`);
  const sent = (text: string): number => under.origin.wire.join('').split(text).length - 1;

  function remove(id: number, headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Response> {
    return under.ask('ci', 'shop', `/orders/${id}`, { method: 'DELETE', headers, signal: signal ?? null });
  }
  /** Asks without waiting for people. */
  async function held(id: number): Promise<Held> {
    const answer = await remove(id, { prefer: 'wait=0' });
    const { approval } = (await answer.json()) as { approval: { id: string; url: string } };
    expect(answer.headers.get('location')).toBe(approval.url);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    return { status: answer.status, id: approval.id };
  }
  const again = (id: number, approval: string, headers: Record<string, string> = {}): Promise<Response> =>
    remove(id, { prefer: 'wait=0', 'sallyport-approval': approval, ...headers });
  /** The approval that this request waits for. */
  const pending = (text: string): Promise<string> =>
    eventually('it waits for people', async () => {
      const path = '/v1/approvals?state=pending&limit=200';
      const { items } = await under.installation.api.expect<{ items: { id: string }[] }>('GET', path);
      for (const { id } of items) if (String((await under.approval(id))['text']).startsWith(text)) return id;
      return undefined;
    });

  proves('http', 'hold:approved:once', async () => {
    const first = await held(1);
    expect([first.status, await stateOf(first.id)]).toEqual([202, 'pending']);
    expect(await under.approval(first.id)).toMatchObject({ text: expect.stringMatching(/^DELETE \/orders\/1/) });
    expect([exists(1), sent('DELETE')]).toEqual([true, 0]);
    await under.approve(first.id);
    // Another request than the approved one stays outside, whatever it names.
    expect((await again(2, first.id)).status).toBe(403);
    expect((await again(1, first.id, { 'if-match': '"x"' })).status).toBe(403);
    expect((await again(1, first.id)).status).toBe(200);
    expect([exists(1), exists(2), sent('DELETE /v1/orders/1')]).toEqual([false, true, 1]);
    await becomes(first.id, 'consumed');
    await eventually('its outcome', async () =>
      (await under.approval(first.id))['outcome'] === 'completed' ? true : undefined,
    );
    expect((await again(1, first.id)).status).toBe(403);
    expect((await held(1)).id).not.toBe(first.id);
    expect(sent('DELETE')).toBe(1);
  });

  test(
    'whoever waits is answered when somebody has approved',
    async () => {
      const waiting = remove(3, { prefer: 'wait=30' });
      const id = await pending('DELETE /orders/3');
      expect(exists(3)).toBe(true);
      // No connection is held for it: the request is sent on a new one.
      under.origin.cut();
      await under.approve(id);
      expect((await waiting).status).toBe(200);
      expect([exists(3), sent('DELETE /v1/orders/3')]).toEqual([false, 1]);
    },
    patienceMs,
  );

  proves('http', 'hold:denied', async () => {
    const { id } = await held(4);
    await under.installation.api
      .as(under.keys.reviewer)
      .expect('POST', `/v1/approvals/${id}/deny`, { comment: 'wrong week' });
    const answer = await again(4, id);
    expect([answer.status, JSON.stringify(await answer.json())]).toEqual([403, expect.stringContaining('wrong week')]);
    expect([exists(4), sent('DELETE /v1/orders/4')]).toEqual([true, 0]);
  });

  proves('http', 'hold:expired', async () => {
    const answer = await under.ask('ci', 'shop', '/orders/5', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', prefer: 'wait=20' },
      body: '{"item":"late"}',
    });
    expect([answer.status, sent('PATCH')]).toEqual([403, 0]);
    expect(under.origin.state.orders.get('5')).toBe('item 5');
  });

  proves('http', 'hold:abandoned', async () => {
    const leaving = new AbortController();
    const waiting = remove(6, { prefer: 'wait=60' }, leaving.signal).catch(() => 'left');
    const id = await pending('DELETE /orders/6');
    leaving.abort();
    expect(await waiting).toBe('left');
    await becomes(id, 'abandoned');
    const late = await under.installation.api.as(under.keys.reviewer).call('POST', `/v1/approvals/${id}/approve`, {});
    expect([late.status, exists(6), sent('DELETE /v1/orders/6')]).toEqual([409, true, 0]);
  });

  proves('http', 'hold:parameters', async () => {
    const patch = (body: string, approval?: string): Promise<Response> =>
      under.ask('ci', 'shop', '/orders/7', {
        method: 'PATCH',
        headers: {
          'content-type': 'application/json',
          prefer: 'wait=0',
          ...(approval && { 'sallyport-approval': approval }),
        },
        body,
      });
    const { approval } = (await (await patch('{"item":"good"}')).json()) as { approval: { id: string } };
    expect(await under.approval(approval.id)).toMatchObject({ text: expect.stringContaining('{"item":"good"}') });
    await under.approve(approval.id);
    expect((await patch('{"item":"evil"}', approval.id)).status).toBe(403);
    expect((await patch('{ "item" : "good" }', approval.id)).status).toBe(200);
    expect(under.origin.state.orders.get('7')).toBe('{"item":"good"}');
  });

  proves('http', 'hold:self', async () => {
    const { id } = await held(8);
    for (const account of ['ci', 'stranger'] as const) {
      const answer = await under.installation.api
        .as(under.keys[account])
        .call('POST', `/v1/approvals/${id}/approve`, {});
      expect([account, answer.status]).toEqual([account, 403]);
    }
    expect([await stateOf(id), (await again(8, id)).status, exists(8)]).toEqual(['pending', 202, true]);
    // Nor does somebody else's approval serve another account.
    await under.approve(id);
    const stolen = await under.ask('stranger', 'shop', '/orders/8', {
      method: 'DELETE',
      headers: { 'sallyport-approval': id },
    });
    expect([stolen.status, exists(8)]).toEqual([403, true]);
  });

  proves('http', 'hold:policy-changed', async () => {
    const { api } = under.installation;
    const { id } = await held(9);
    await under.approve(id);
    const cedar =
      '@reason("frozen") forbid (principal, action == Action::"request", resource) when { context.http.method == "DELETE" };';
    await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'freeze', spec: { cedar } }));
    try {
      await eventually('the freeze is known', async () =>
        (await remove(10, { prefer: 'wait=0' })).status === 403 ? true : undefined,
      );
      expect([(await again(9, id)).status, exists(9)]).toEqual([403, true]);
    } finally {
      await api.expect('DELETE', '/v1/policies/freeze');
    }
    await eventually('the freeze is over', async () =>
      (await remove(10, { prefer: 'wait=0' })).status === 202 ? true : undefined,
    );
  });

  test(
    'HT-20: what was sent is never sent again, and an approval is used once however many use it at a time',
    async () => {
      under.origin.forget();
      for (const [path, method] of [
        ['/gone', 'GET'],
        ['/gone', 'POST'],
        ['/cut', 'GET'],
      ] as const) {
        const answer = await under.ask('ci', 'open', path, { method });
        await answer.text().catch(() => undefined);
      }
      expect(under.origin.requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
        'GET /v1/gone',
        'POST /v1/gone',
        'GET /v1/cut',
      ]);
      const { id } = await held(12);
      await under.approve(id);
      const answers = await Promise.all(Array.from({ length: 20 }, () => again(12, id)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status >= 400)).toHaveLength(19);
      expect([exists(12), sent('DELETE /v1/orders/12')]).toEqual([false, 1]);
    },
    patienceMs,
  );
}
