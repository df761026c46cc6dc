import { eventually } from '@sallyport/testing';
import { psql } from '../../clients/psql.js';
import { postForm, tokenFrom } from '../../clients/sign-in.js';
import { proves } from '../../proves.js';
import { workload, type People } from '../../servers/people.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
const jwt = 'urn:ietf:params:oauth:token-type:jwt';
const accessToken = 'urn:ietf:params:oauth:token-type:access_token';

export function identities(under: StackUnderTest, people: People): void {
  const run = (token: string, ...commands: readonly string[]) => psql(under.psql('ci', { token }), ...commands);
  const trusted = () =>
    eventually('the gateway has the issuer’s keys', async () => {
      const token = await people.workloadToken();
      return (await run(token, 'SELECT 1')).code === 0 ? token : undefined;
    });

  proves('postgres', 'identity:person', async () => {
    const { access_token: token } = await people.signIn('dana-1');
    const seen = await run(token, 'SELECT count(*) FROM orders', 'SELECT ssn FROM customers', 'DELETE FROM orders');
    expect(seen.stdout.split('\n').slice(0, 2)).toEqual(['50', '[redacted]']);
    expect(seen.stderr).toContain('42501');
    under.expectNoCanary(seen.stdout + seen.stderr);
    expect(await under.stack.api.as(token).expect('GET', '/v1/whoami')).toMatchObject({ principal: 'User::dana' });
    const { items } = await under.stack.api.expect<{ items: { principal: unknown }[] }>('GET', '/v1/sessions?limit=1');
    expect(JSON.stringify(items[0])).toContain('User::dana');
  });

  proves('postgres', 'identity:device', async () => {
    const { api } = under.stack;
    const asked = (await postForm(api, '/oauth/device_authorization', { client_id: 'sallyport-cli' })).body as Record<
      string,
      string
    >;
    const poll = () =>
      postForm(api, '/oauth/token', {
        grant_type: deviceGrant,
        client_id: 'sallyport-cli',
        device_code: asked['device_code']!,
      });
    // RFC 8628 §3.5: whoever polls faster than told has to wait longer.
    const patience = () => new Promise((resolve) => setTimeout(resolve, 1000 * Number(asked['interval']) + 200));
    await patience();
    expect((await poll()).body).toMatchObject({ error: 'authorization_pending' });
    await people.approveDevice(asked['verification_uri_complete'] ?? asked['verification_uri']!, 'robin-3');
    await patience();
    const { access_token: token } = (await poll()).body as { access_token: string };
    expect((await run(token, 'SELECT count(*) FROM orders')).stdout).toBe('50\n');
  });

  proves('postgres', 'identity:issuer', async () => {
    const token = await trusted();
    expect((await run(token, 'SELECT count(*) FROM orders')).stdout).toBe('50\n');
    expect(await under.stack.api.as(token).expect('GET', '/v1/whoami')).toMatchObject({
      principal: 'ServiceAccount::pipeline',
    });
  });

  proves(
    'postgres',
    'identity:issuer:refused',
    async () => {
      await trusted();
      const wrong: Readonly<Record<string, string>>[] = [
        { repository_id: '124' },
        { repository_owner_id: '46' },
        { ref: 'refs/heads/feature' },
        { aud: 'another' },
        { event_name: 'pull_request' },
        { iss: 'https://token.actions.githubusercontent.com' },
      ];
      for (const claims of wrong) {
        const answer = await run(await people.workloadToken(claims), 'SELECT 1');
        expect([answer.code, answer.stdout]).toEqual([2, '']);
        expect(answer.stderr).toMatch(/authentication failed/);
      }
      await people.issuer.rotateKeys();
      const unknown = await people.workloadToken();
      const [header, payload] = unknown.split('.');
      const none = Buffer.from('{"alg":"none"}').toString('base64url');
      for (const forged of [`${none}.${payload}.`, `${header}.${payload}.${Buffer.alloc(256).toString('base64url')}`]) {
        expect((await run(forged, 'SELECT 1')).code).toBe(2);
      }
      // The control plane looks at once for a key that it does not know; gateways get what it finds.
      const fields = { grant_type: exchangeGrant, subject_token_type: jwt, subject_token: unknown };
      await eventually(
        'the new keys are known',
        async () => {
          await postForm(under.stack.api, '/oauth/token', fields);
          return (await run(unknown, 'SELECT 1')).code === 0 || undefined;
        },
        60_000,
      );
    },
    90_000,
  );

  proves('postgres', 'identity:exchange', async () => {
    await trusted();
    const { api } = under.stack;
    const fields = { grant_type: exchangeGrant, subject_token_type: jwt, subject_token: await people.workloadToken() };
    const { access_token: token } = await tokenFrom(api, fields);
    expect((await run(token, 'SELECT count(*) FROM orders')).stdout).toBe('50\n');
    const { exp, iat } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<
      string,
      number
    >;
    expect(exp! - iat!).toBeLessThanOrEqual(900);
    const wrong = { ...fields, subject_token: await people.workloadToken({ repository_id: '9' }) };
    expect((await postForm(api, '/oauth/token', wrong)).body).toMatchObject({ error: 'invalid_request' });
    await postForm(api, '/oauth/revoke', { token });
    await eventually('the token is withdrawn', async () => (await run(token, 'SELECT 1')).code === 2 || undefined);
  });

  proves('postgres', 'identity:exchange:narrowed', async () => {
    await trusted();
    const { api } = under.stack;
    const narrowed = async (more: Readonly<Record<string, string>>) =>
      (
        await tokenFrom(api, {
          grant_type: exchangeGrant,
          subject_token_type: jwt,
          subject_token: await people.workloadToken(),
          ...more,
        })
      ).access_token;
    const readsOnly = await narrowed({ resource: 'shop', scope: 'connect select' });
    const seen = await run(readsOnly, 'SELECT count(*) FROM orders', "INSERT INTO audit_log (line) VALUES ('x')");
    expect(seen.stdout).toBe('50\n');
    expect(seen.stderr).toContain('42501');
    expect(
      (
        await run(
          await narrowed({ scope: 'connect select insert update' }),
          "INSERT INTO audit_log (line) VALUES ('x')",
        )
      ).stdout,
    ).toBe('INSERT 0 1\n');
    const elsewhere = await narrowed({ resource: 'another', scope: 'connect select' }).catch(() => undefined);
    if (elsewhere !== undefined) expect((await run(elsewhere, 'SELECT 1')).code).toBe(2);
    expect((await api.as(readsOnly).call('GET', '/v1/whoami')).status).toBe(401);
    const wider = { grant_type: exchangeGrant, subject_token_type: accessToken, subject_token: readsOnly };
    expect((await postForm(api, '/oauth/token', { ...wider, scope: 'connect insert' })).status).toBe(400);
  });

  proves('postgres', 'identity:agent', async () => {
    const { api } = under.stack;
    const { key } = await api.expect<{ key: string }>('POST', '/v1/service-accounts/bot/keys', {});
    const acting = async (sub: string) =>
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
    const insert = "INSERT INTO audit_log (line) VALUES ('agent')";
    const seen = await eventually('the gateway knows the key', async () => {
      const answer = await run(forDana, 'SELECT count(*) FROM orders', insert);
      return answer.code === 2 ? undefined : answer;
    });
    // The bot may insert there, Dana may not.
    expect(seen.stdout).toBe('50\n');
    expect(seen.stderr).toContain('42501');
    expect((await run(key, insert)).stdout).toBe('INSERT 0 1\n');
    // Riley may connect and nothing else.
    expect((await run(await acting('riley-2'), 'SELECT count(*) FROM orders')).stderr).toContain('42501');
    const { items } = await api.expect<{ items: unknown[] }>('GET', '/v1/sessions?limit=5');
    expect(JSON.stringify(items)).toContain('Agent::bot');
  });

  test('the trusted repository is what the manifests name', () => {
    expect(workload).toMatchObject({ repository_id: '123', repository_owner_id: '45', ref: 'refs/heads/main' });
  });
}
