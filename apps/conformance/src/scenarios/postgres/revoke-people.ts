import { ControlPlaneApi, eventually, FaultProxy } from '@sallyport/testing';
import { postForm } from '../../clients/sign-in.js';
import { fields, RawPostgres, word } from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import type { People } from '../../servers/people.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

const promiseMs = 5000;

export function revocationsOfPeople(under: StackUnderTest, people: People): void {
  const connect = (token: string) => RawPostgres.connect({ port: under.stack.gatewayPort, ca: under.stack.ca, token });

  async function expectCut(client: RawPostgres, since: number): Promise<void> {
    const last = await client.next(promiseMs);
    expect([last.type, fields(last)['S'], fields(last)['C']]).toEqual(['E', 'FATAL', '57P01']);
    await client.socket.readToEnd(promiseMs);
    expect(Date.now() - since).toBeLessThan(promiseMs);
  }

  proves('postgres', 'revoke:login', async () => {
    const { api } = under.stack;
    const first = await people.signIn('dana-1');
    const second = await people.signIn('dana-1');
    const [cut, kept] = [await connect(first.access_token), await connect(second.access_token)];
    const since = Date.now();
    await postForm(api, '/oauth/revoke', { client_id: 'sallyport-cli', token: first.refresh_token! });
    await expectCut(cut, since);
    expect(word(await kept.query('SELECT 1'))).toBe('TDCZ');
    await expect(connect(first.access_token)).rejects.toThrow();
    const again = Date.now();
    await api.expect('PATCH', '/v1/users/dana', { disabled: true });
    await expectCut(kept, again);
    await api.expect('PATCH', '/v1/users/dana', { disabled: false });
  });

  proves('postgres', 'revoke:identity-provider', async () => {
    const { api } = under.stack;
    const client = await connect((await people.signIn('riley-2')).access_token);
    const since = Date.now();
    const logout = await people.issuer.logoutToken('sallyport', { sub: 'riley-2' });
    expect((await postForm(api, '/auth/backchannel/corp', { logout_token: logout })).status).toBe(200);
    await expectCut(client, since);
    const forged = `${logout.split('.').slice(0, 2).join('.')}.AAAA`;
    expect((await postForm(api, '/auth/backchannel/corp', { logout_token: forged })).status).toBe(400);
  });

  proves('postgres', 'revoke:directory', async () => {
    const { api } = under.stack;
    const client = await connect((await people.signIn('robin-3')).access_token);
    const type = { 'content-type': 'application/scim+json' };
    const filter = encodeURIComponent('externalId eq "robin-3"');
    const found = await api.call('GET', `/scim/v2/corp/Users?filter=${filter}`, undefined, type);
    const [robin] = (scim(found.bytes) as { Resources: { id: string }[] }).Resources;
    const patch = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
      Operations: [{ op: 'replace', path: 'active', value: false }],
    };
    const since = Date.now();
    const answer = await api.call('PATCH', `/scim/v2/corp/Users/${robin!.id}`, JSON.stringify(patch), type);
    expect(answer.status).toBe(200);
    await expectCut(client, since);
    await expect(people.signIn('robin-3')).rejects.toThrow();
  });

  proves('postgres', 'revoke:group', async () => {
    const { access_token: token } = await people.signIn('dana-1');
    // A revocation stands for some seconds, also where the person was let in again.
    const client = await eventually('dana may connect', () => connect(token).catch(() => undefined), 20_000);
    expect(word(await client.query('SELECT 1 FROM orders LIMIT 1'))).toBe('TDCZ');
    people.setGroups('dana-1', ['guests']);
    const since = Date.now();
    await people.signIn('dana-1');
    // Nothing permits the connection any more.
    await expectCut(client, since);
    people.setGroups('dana-1', ['engineers']);
  });

  proves(
    'postgres',
    'revoke:push-lost',
    async () => {
      const { api, ca } = under.stack;
      const proxy = await FaultProxy.start({ host: '127.0.0.1', port: Number(new URL(api.url).port) });
      const far = new ControlPlaneApi(`https://127.0.0.1:${proxy.port}`, ca, api.token);
      const { gatewayPort: port } = await under.stack.addGateway('far', far);
      const made = await api.expect<{ id: string; key: string }>('POST', '/v1/service-accounts/bot/keys', {});
      const client = await eventually('the key is known', () =>
        RawPostgres.connect({ port, ca, token: made.key }).catch(() => undefined),
      );
      proxy.refuse();
      proxy.cut();
      await api.expect('DELETE', `/v1/service-accounts/bot/keys/${made.id}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(word(await client.query('SELECT 1'))).toBe('TDCZ');
      proxy.heal();
      const last = await client.next(30_000);
      expect([last.type, fields(last)['C']]).toEqual(['E', '57P01']);
      await proxy.stop();
    },
    60_000,
  );
}

function scim(bytes: Buffer): unknown {
  return JSON.parse(bytes.toString());
}
