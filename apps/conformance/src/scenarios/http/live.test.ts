import { eventually } from '@sallyport/testing';
import { postForm, tokenFrom } from '../../clients/sign-in.js';
import { proves } from '../../proves.js';
import { HttpStack } from '../../servers/http-stack.js';
import { People } from '../../servers/people.js';
import { sessionsOf } from '../../servers/recordings.js';

const promiseMs = 5000;
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const jwt = 'urn:ietf:params:oauth:token-type:jwt';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';
const json = { 'content-type': 'application/json' };

/** An answer that goes on until somebody ends it. */
interface Watching {
  /** When it ended, in milliseconds of the clock. */
  readonly ended: Promise<number>;
  stop(): void;
}

describe('HTTP', () => {
  const under = new HttpStack();
  const people = new People(under);
  beforeAll(async () => {
    const http = (cedar: string): string =>
      `permit (principal in ${cedar}, action == Action::"request", resource == Resource::"shop")`;
    const cedar = [
      `${http('Group::"engineers"')} when { context.http.method == "GET" && !(context.http.path like "/admin*") };`,
      `${http('Role::"orders-writer"')} when { ["GET", "PATCH"].contains(context.http.method) };`,
    ].join('\n');
    await under.installation.api.expect(
      'PUT',
      '/v1/manifests',
      JSON.stringify({ kind: 'Policy', name: 'people-http', spec: { cedar } }),
    );
  }, 20_000);

  const ask = (token: string, path = '/public', init: RequestInit = {}): Promise<Response> =>
    fetch(under.url('shop', path), { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  const statusOf = async (token: string, path?: string, init?: RequestInit): Promise<number> => {
    const answer = await ask(token, path, init);
    await answer.arrayBuffer();
    return answer.status;
  };
  const becomes = (what: string, status: number, probe: () => Promise<number>): Promise<true> =>
    eventually(what, async () => ((await probe()) === status ? true : undefined), promiseMs);
  const patch = { method: 'PATCH', headers: json, body: '{"item":"changed"}' };

  async function watch(token: string, at = under.url('shop', '/events')): Promise<Watching> {
    const leaving = new AbortController();
    const answer = await fetch(at, { headers: { authorization: `Bearer ${token}` }, signal: leaving.signal });
    if (answer.status !== 200) throw new Error(`watching: ${answer.status}`);
    const reader = answer.body!.getReader();
    const drain = async (): Promise<number> => {
      for (;;) {
        const next = await reader.read().catch(() => undefined);
        if (!next || next.done) return Date.now();
      }
    };
    await reader.read();
    return { ended: drain(), stop: () => leaving.abort() };
  }
  async function expectCut(watching: Watching, since: number): Promise<void> {
    const late = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('not cut')), promiseMs).unref());
    const at = await Promise.race([watching.ended, late]);
    expect(at - since).toBeLessThan(promiseMs);
  }

  proves('http', 'revoke:key', async () => {
    const { api } = under.installation;
    const made = await api.expect<{ id: string; key: string }>('POST', '/v1/service-accounts/ci/keys', {});
    await becomes('the key is known', 200, () => statusOf(made.key));
    const [cut, kept] = [await watch(made.key), await watch(under.keys.ci)];
    const since = Date.now();
    await api.expect('DELETE', `/v1/service-accounts/ci/keys/${made.id}`);
    await expectCut(cut, since);
    expect(await statusOf(made.key)).toBe(401);
    expect(await Promise.race([kept.ended, Promise.resolve('goes on')])).toBe('goes on');
    kept.stop();
  });

  proves('http', 'revoke:account', async () => {
    const { api } = under.installation;
    const watching = await watch(under.keys.operator);
    const since = Date.now();
    await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: true });
    await expectCut(watching, since);
    expect(await statusOf(under.keys.operator)).toBe(401);
    await eventually('the service is let go of', async () => (under.origin.connections < 20 ? true : undefined));
    await api.expect('PATCH', '/v1/service-accounts/operator', { disabled: false });
    await eventually('it may ask again', async () =>
      (await statusOf(under.keys.operator)) === 200 ? true : undefined,
    );
  });

  proves('http', 'revoke:session', async () => {
    const watching = await watch(under.keys.reviewer);
    const session = await eventually('the session is listed', async () =>
      (await sessionsOf(under.installation, 'reviewer')).find((each) => each.open),
    );
    const since = Date.now();
    await under.installation.api.expect('POST', `/v1/sessions/${session.id}/terminate`, { reason: 'enough' });
    await expectCut(watching, since);
  });

  test('a policy that changes ends what runs, and is in force for the next request', async () => {
    const { api } = under.installation;
    const watching = await watch(under.keys.ci);
    const cedar = 'forbid (principal, action == Action::"request", resource == Resource::"shop");';
    const since = Date.now();
    await api.expect('PUT', '/v1/manifests', JSON.stringify({ kind: 'Policy', name: 'closed', spec: { cedar } }));
    await expectCut(watching, since);
    expect(await statusOf(under.keys.ci)).toBe(403);
    await api.expect('DELETE', '/v1/policies/closed');
    await becomes('the door is open again', 200, () => statusOf(under.keys.ci));
  }, 20_000);

  proves('http', 'identity:person', async () => {
    const { access_token: token } = await people.signIn('dana-1');
    await becomes('dana is known', 200, () => statusOf(token, '/customers/1'));
    under.expectNoCanary(await (await ask(token, '/customers/1')).text());
    expect([await statusOf(token, '/admin'), await statusOf(token, '/orders/1', patch)]).toEqual([403, 403]);
    const { items } = await under.installation.api.expect<{ items: unknown[] }>('GET', '/v1/sessions?limit=5');
    expect(JSON.stringify(items)).toContain('User::dana');
  });

  proves('http', 'revoke:login', async () => {
    const [first, second] = [await people.signIn('dana-1'), await people.signIn('dana-1')];
    const [cut, kept] = [await watch(first.access_token), await watch(second.access_token)];
    const since = Date.now();
    const fields = { client_id: 'sallyport-cli', token: first.refresh_token! };
    await postForm(under.installation.api, '/oauth/revoke', fields);
    await expectCut(cut, since);
    expect([await statusOf(first.access_token), await statusOf(second.access_token)]).toEqual([401, 200]);
    kept.stop();
  });

  proves('http', 'revoke:identity-provider', async () => {
    const watching = await watch((await people.signIn('robin-3')).access_token);
    const since = Date.now();
    const logout = await people.issuer.logoutToken('sallyport', { sub: 'robin-3' });
    expect((await postForm(under.installation.api, '/auth/backchannel/corp', { logout_token: logout })).status).toBe(
      200,
    );
    await expectCut(watching, since);
  });

  const trusted = (): Promise<string> =>
    eventually('the gateway has the issuer’s keys', async () => {
      const token = await people.workloadToken();
      return (await statusOf(token)) === 200 ? token : undefined;
    });

  proves('http', 'identity:issuer', async () => {
    const token = await trusted();
    expect([await statusOf(token, '/customers/1'), await statusOf(token, '/admin')]).toEqual([200, 403]);
  });

  proves('http', 'identity:issuer:refused', async () => {
    const [header, payload] = (await trusted()).split('.');
    const wrong: Readonly<Record<string, string>>[] = [
      { repository_id: '124' },
      { ref: 'refs/heads/feature' },
      { aud: 'another' },
      { event_name: 'pull_request' },
    ];
    for (const claims of wrong) {
      expect([claims, await statusOf(await people.workloadToken(claims))]).toEqual([claims, 401]);
    }
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    for (const forged of [`${none}.${payload}.`, `${header}.${payload}.${Buffer.alloc(256).toString('base64url')}`]) {
      expect(await statusOf(forged)).toBe(401);
    }
  });

  proves('http', 'identity:exchange:narrowed', async () => {
    await trusted();
    const { api } = under.installation;
    const base = { grant_type: exchangeGrant, subject_token_type: jwt };
    const narrowed = async (more: Readonly<Record<string, string>>): Promise<string> =>
      (await tokenFrom(api, { ...base, subject_token: await people.workloadToken(), ...more })).access_token;
    const here = await narrowed({ resource: 'shop', scope: 'request' });
    expect(await statusOf(here)).toBe(200);
    const other = await fetch(under.url('open', '/public'), { headers: { authorization: `Bearer ${here}` } });
    expect(other.status).toBe(403);
    // Another verb than the one that requests need.
    expect(await statusOf(await narrowed({ resource: 'shop', scope: 'select' }))).toBe(403);
    expect((await api.as(here).call('GET', '/v1/whoami')).status).toBe(401);
  });

  proves('http', 'identity:agent', async () => {
    const { api } = under.installation;
    const { key } = await api.expect<{ key: string }>('POST', '/v1/service-accounts/bot/keys', {});
    const acting = async (sub: string): Promise<string> =>
      (
        await tokenFrom(api, {
          grant_type: exchangeGrant,
          subject_token_type: accessToken,
          subject_token: (await people.signIn(sub)).access_token,
          actor_token_type: accessToken,
          actor_token: (await tokenFrom(api, { grant_type: 'client_credentials', client_secret: key })).access_token,
        })
      ).access_token;
    const forDana = await acting('dana-1');
    await becomes('the key is known', 200, () => statusOf(forDana));
    const create = { method: 'POST', headers: json, body: '{"item":"agent"}' };
    // The bot may create orders, Dana may not; Riley may nothing here.
    expect([await statusOf(key, '/orders', create), await statusOf(forDana, '/orders', create)]).toEqual([200, 403]);
    expect(await statusOf(await acting('riley-2'))).toBe(403);
  });

  const request = (token: string, seconds: number) =>
    under.installation.api.as(token).expect<{ id: string }>('POST', '/v1/access-requests', {
      role: 'orders-writer',
      resources: ['shop'],
      reason: 'an order has the wrong item',
      seconds,
    });

  proves('http', 'grant:opens', async () => {
    const { api } = under.installation;
    const { access_token: dana } = await people.signIn('dana-1');
    const { access_token: riley } = await people.signIn('riley-2');
    expect(await statusOf(dana, '/orders/1', patch)).toBe(403);
    const { id } = await request(dana, 60);
    expect((await api.as(dana).call('POST', `/v1/access-requests/${id}/approve`, {})).status).toBe(403);
    expect(await statusOf(dana, '/orders/1', patch)).toBe(403);
    await api.as(riley).expect('POST', `/v1/access-requests/${id}/approve`, {});
    await becomes('the door is open', 200, () => statusOf(dana, '/orders/1', patch));
    expect(await statusOf(dana, '/orders/1', { method: 'DELETE' })).toBe(403);
    const { items } = await api.expect<{ items: { id: string }[] }>('GET', '/v1/grants');
    await api.expect('DELETE', `/v1/grants/${items[0]!.id}`);
    await becomes('it is closed again', 403, () => statusOf(dana, '/orders/1', patch));
  });

  proves('http', 'grant:expires', async () => {
    const { api } = under.installation;
    const { access_token: riley } = await people.signIn('riley-2');
    const documents = [
      {
        kind: 'Role',
        name: 'orders-guest',
        spec: { request: { approvers: ['people-dba'], maxSeconds: 600, resources: ['shop'] } },
      },
      { kind: 'ServiceAccount', name: 'guest', spec: { groups: [], owner: 'platform@example.com' } },
      {
        kind: 'Policy',
        name: 'guests',
        spec: {
          cedar:
            'permit (principal in Role::"orders-guest", action == Action::"request", resource == Resource::"shop") when { context.http.method == "GET" };',
        },
      },
    ];
    await api.expect('PUT', '/v1/manifests', documents.map((each) => JSON.stringify(each)).join('\n---\n'));
    const { key } = await api.expect<{ key: string }>('POST', '/v1/service-accounts/guest/keys', {});
    const { id } = await api.as(key).expect<{ id: string }>('POST', '/v1/access-requests', {
      role: 'orders-guest',
      resources: ['shop'],
      reason: 'one look',
      seconds: 3,
    });
    const since = Date.now();
    await api.as(riley).expect('POST', `/v1/access-requests/${id}/approve`, {});
    const watching = await eventually('the door is open', () => watch(key).catch(() => undefined), promiseMs);
    const at = await watching.ended;
    expect(at - since).toBeGreaterThan(2500);
    expect(at - since).toBeLessThan(3000 + 2500);
    expect(await statusOf(key)).toBe(403);
  });
});
