import type { PolicySnapshot } from '@sallyport/gateway-contract';
import { Judge } from '@sallyport/policy';
import { RecordingParser } from '@sallyport/recording';
import { eventually } from './testing-control-plane.js';
import {
  agentClaims,
  exchangeClaims,
  inMilliseconds,
  issuerToken,
  lineOf,
  loginClaims,
  loginId,
  organisation,
  personClaims,
  pipelineClaims,
  sshKeysOf,
} from './testing-identity.js';
import { client, ready, withGateway, type Running } from './testing-running-gateway.js';

/** A whole gateway each, on machines that may be busy. Milliseconds. */
const patience = 20_000;

type Organisation = ReturnType<typeof organisation>;
type Credential = (running: Running) => Promise<string>;

const token =
  (claims: Record<string, unknown>): Credential =>
  ({ controlPlane }) =>
    controlPlane.accessToken({ claims: { jti: 'token-1', ...claims } });
const login = token(loginClaims);
const agent = token(agentClaims);
const exchange = token(exchangeClaims);
const person: Credential = () => issuerToken(personClaims);
const pipeline: Credential = () => issuerToken(pipelineClaims);
const personsKey: Credential = () => Promise.resolve(`key:${sshKeysOf.bob.blob.toString('base64')}`);
const accountsKey: Credential = () => Promise.resolve(`key:${sshKeysOf.ci.blob.toString('base64')}`);

const publish =
  (change: (parts: Organisation) => Partial<PolicySnapshot>) =>
  ({ controlPlane }: Running): void => {
    const parts = organisation();
    controlPlane.publish({ ...parts, ...change(parts) });
  };
const revoked =
  (principal: string, credentialId?: string) =>
  ({ controlPlane }: Running): void =>
    controlPlane.push('identity.revoked', { principal, ...(credentialId !== undefined && { credentialId }) });
const users = (change: object) => publish((parts) => ({ users: parts.users.map((user) => ({ ...user, ...change })) }));
const issuers = (change: object) =>
  publish((parts) => ({ trustedIssuers: parts.trustedIssuers.map((issuer) => ({ ...issuer, ...change })) }));
const robots = { match: [{ claims: { kind: 'robot' }, principal: 'ServiceAccount::helper' }] };

const gone = 'the credential is no longer valid';
const withdrawn = 'access was revoked';

const cuts: [string, Credential, (running: Running) => void, string][] = [
  ['a person, when disabled', login, users({ disabled: true }), gone],
  ['a person, when the login has ended', login, users({ logins: [] }), gone],
  ['a person, when the token is withdrawn', login, publish(() => ({ revokedTokens: ['token-1'] })), gone],
  ['a person, when revoked', login, revoked('User::alice'), withdrawn],
  ['a person, when the login is revoked', login, revoked('User::alice', `login:${loginId}`), withdrawn],
  ['a person, when the token is revoked', login, revoked('User::alice', 'token-1'), withdrawn],
  ['an agent, when its person is disabled', agent, users({ disabled: true }), gone],
  ['an agent, when its key is gone', agent, publish(() => ({ serviceAccounts: [] })), gone],
  ['an agent, when its person is revoked', agent, revoked('User::alice'), withdrawn],
  ['an agent, when its person’s login is revoked', agent, revoked('User::alice', `login:${loginId}`), withdrawn],
  ['an agent, when its account is revoked', agent, revoked('ServiceAccount::helper'), withdrawn],
  ['an agent, when its key is revoked', agent, revoked('ServiceAccount::helper', 'helper-key'), withdrawn],
  ['an agent, when revoked as an agent', agent, revoked('Agent::helper'), withdrawn],
  ['an exchanged token’s, when its issuer is gone', exchange, publish(() => ({ trustedIssuers: [] })), gone],
  ['an exchanged token’s, when its rule is gone', exchange, issuers(robots), gone],
  ['an exchanged token’s, when it is revoked', exchange, revoked('User::bob', exchangeClaims.cid), withdrawn],
  ['an issuer’s person, when the rule is gone', person, issuers(robots), gone],
  ['an issuer’s pipeline, when the rule is gone', pipeline, issuers(robots), gone],
  ['an issuer’s pipeline, when revoked', pipeline, revoked('ServiceAccount::ci'), withdrawn],
  ['an SSH key’s person, when disabled', personsKey, users({ disabled: true }), gone],
  ['an SSH key’s person, when the key is not theirs any more', personsKey, users({ sshKeys: [] }), gone],
  ['an SSH key’s person, when somebody else has it too', personsKey, users({ sshKeys: [lineOf(sshKeysOf.bob)] }), gone],
  ['an SSH key’s person, when revoked', personsKey, revoked('User::bob'), withdrawn],
  ['an SSH key’s account, when it is gone', accountsKey, publish(() => ({ serviceAccounts: [] })), gone],
  [
    'an SSH key’s account, when the key is revoked',
    accountsKey,
    revoked('ServiceAccount::ci', 'ssh:SHA256:of-the-key'),
    withdrawn,
  ],
];

test.each(cuts)(
  'ID-08: a live session ends at once: %s',
  async (_who, credential, cut, reason) => {
    await withGateway(async (running) => {
      await ready(running, organisation());
      const { said, ended } = await client(running.port, `${await credential(running)} shop`);
      expect(said()).toBe('ready\n');
      const start = performance.now();
      cut(running);
      await eventually(ended);
      expect(performance.now() - start).toBeLessThan(5000);
      expect(said()).toBe(`ready\n${reason}\n`);
      if (reason === withdrawn)
        expect((await client(running.port, `${await credential(running)} shop`)).said()).toBe('not-authenticated\n');
    });
  },
  patience,
);

test(
  'a session goes on when its issuer changes keys, when others are revoked, and when people come and go',
  async () => {
    await withGateway(async (running) => {
      await ready(running, organisation());
      const live = await Promise.all(
        [login, agent, exchange, person, pipeline, personsKey].map(async (credential) =>
          client(running.port, `${await credential(running)} shop`),
        ),
      );
      issuers({ jwks: [], keysValidUntil: inMilliseconds(-1) })(running);
      revoked('User::alice', 'login:another')(running);
      revoked('User::carol')(running);
      revoked('ServiceAccount::alice')(running);
      revoked('Agent::ci')(running);
      publish((parts) => ({ users: [...parts.users, { name: 'carol', disabled: true, identities: [], logins: [] }] }))(
        running,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(live.map(({ ended }) => ended())).toEqual([false, false, false, false, false, false]);
    });
  },
  patience,
);

const everybody = [{ name: 'p', cedar: 'permit (principal, action, resource);' }];
const writers = [{ name: 'p', cedar: 'permit (principal in Role::"writer", action, resource);' }];
const grant = {
  id: '0b5f8c3e-51a5-4a55-8b0b-2f1f6a3c9001',
  principal: 'User::alice',
  role: 'writer',
  resources: ['shop'],
};
const granted = (expiresAt: string) => ({ policies: writers, grants: [{ ...grant, expiresAt }] });
const signedIn = (expiresAt: string, { users: all }: Organisation) => ({
  policies: everybody,
  users: all.map((user) => ({ ...user, logins: user.logins.map((one) => ({ ...one, expiresAt })) })),
});
const aSecond = (_expiresAt: string, { trustedIssuers }: Organisation) => ({
  policies: everybody,
  trustedIssuers: trustedIssuers.map((issuer) => ({ ...issuer, sessionSeconds: 1 })),
});

test.each<[string, Credential, (expiresAt: string, parts: Organisation) => Partial<PolicySnapshot>, string]>([
  ['its grant', login, granted, 'access was withdrawn'],
  ['its login', login, signedIn, gone],
  ['the login of its person', agent, signedIn, gone],
  ['the time its issuer allows', person, aSecond, gone],
  ['the time the issuer allows of what was exchanged', exchange, aSecond, gone],
])(
  'ID-08: a session ends with %s, soon after, and nobody says a word',
  async (_what, credential, partsOf, reason) => {
    await withGateway(
      async (running) => {
        const end = Date.now() + 1500;
        const parts = organisation();
        await ready(running, { ...parts, ...partsOf(new Date(end).toISOString(), parts) });
        const { said, ended } = await client(running.port, `${await credential(running)} shop`);
        expect(said()).toBe('ready\n');
        await eventually(ended);
        expect(Date.now() - end).toBeLessThan(3000);
        expect(said()).toBe(`ready\n${reason}\n`);
      },
      (input) => new Judge(input),
    );
  },
  patience,
);

test(
  'the control plane and the recording learn who it was, for whom, and by what',
  async () => {
    await withGateway(async (running) => {
      const { controlPlane, port } = running;
      await ready(running, organisation());
      const { socket } = await client(port, `${await agent(running)} shop`);
      await eventually(() => controlPlane.bodies('session.opened').length === 1);
      const expected = {
        credentialId: `login:${loginId}`,
        principal: {
          ...{ type: 'Agent', id: 'helper', owner: 'alice', roles: [] },
          actsFor: { type: 'User', id: 'alice' },
        },
      };
      expect(controlPlane.bodies('session.opened')[0]).toMatchObject(expected);
      expect(controlPlane.stray.filter((stray) => (stray as { type?: string }).type !== 'reply')).toEqual([]);
      socket.end();
      await eventually(() => controlPlane.bodies('recording.segment').some((segment) => segment.last));
      const [segments] = [...controlPlane.segments.values()];
      const parser = new RecordingParser();
      const frames = segments!
        .flatMap((segment) => [...parser.push(segment)])
        .flatMap((item) => (item.kind === 'frame' ? [item.frame] : []));
      expect(frames[0]).toMatchObject({ kind: 'open', session: expected });
    });
  },
  patience,
);

test(
  'ID-12: a token for another resource opens nothing here',
  async () => {
    await withGateway(
      async (running) => {
        const { controlPlane, adapter, port } = running;
        await ready(running, {
          ...organisation(),
          policies: [{ name: 'p', cedar: 'permit (principal, action, resource);' }],
        });
        const connect = { verb: 'connect' as const, object: { kind: 'Resource' as const, resource: 'shop' } };
        const judged = async (limits: object) => {
          const text = await controlPlane.accessToken({ claims: { ...loginClaims, ...limits } });
          await client(port, `${text} shop`);
          const action = { protocol: 'postgres' as const, kind: 'connect', text: '', effects: [connect], context: {} };
          return adapter.sessions
            .at(-1)!
            .policy.judge({ ...action, lineage: { results: [], usedElsewhere: [] }, fingerprint: 'c' }).effect;
        };
        expect(await judged({})).toBe('permit');
        expect(await judged({ acts: ['select'] })).toBe('permit');
        expect(await judged({ res: ['crm'] })).toBe('deny');
        expect(await judged({ res: ['shop'], acts: ['select'] })).toBe('permit');
      },
      (input) => new Judge(input),
    );
  },
  patience,
);
