import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Action, Decision } from '@sallyport/domain';
import type { Authenticated, GatewayHost, LiveSession, ProtocolAdapter } from '@sallyport/enforcement';
import type { Config } from './config.js';
import { createLogger, type Logger } from './logger.js';
import type { CompilePolicies } from './policy/judge.js';

/** For tests: what stands around the parts under test. */
export const silentLog: Logger = createLogger('silent', 'test');

export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'sallyport-gateway-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function testConfig(stateDir: string, controlPlaneUrl: string, enrolmentToken?: string): Config {
  return {
    controlPlaneUrl,
    controlPlaneCa: undefined,
    name: 'local',
    enrolmentToken,
    stateDir,
    listen: { postgres: { host: '127.0.0.1', port: 0 } },
    shared: new Set(),
    plain: new Set(['postgres', 'ssh']),
    httpDomain: undefined,
    sshHostKey: undefined,
    tls: undefined,
    spoolMaxBytes: 64 * 1024 * 1024,
    durability: 'write',
    healthListen: { host: '127.0.0.1', port: 0 },
    logLevel: 'silent',
    limits: {
      authTimeoutMs: 5000,
      maxMessageBytes: 1024 * 1024,
      maxHoldInTransactionSeconds: 5,
      maxUnauthenticated: 20,
      maxConnections: 100,
    },
    staleGraceSeconds: 1,
    drainSeconds: 1,
    parentWatch: false,
  };
}

/** Judges by the first policy's text: `permit`, `deny`, or `broken`, which does not compile. */
export const compileWords: CompilePolicies = ({ revision, policies, groups }) => {
  const word = policies[0]?.cedar ?? 'permit';
  if (word === 'broken') throw new Error('policy does not compile');
  let retired = false;
  const judge = (): Decision =>
    word === 'permit' && !retired
      ? { effect: 'permit', because: [{ code: 'permitted' }], obligations: [], policyRevision: revision }
      : { effect: 'deny', because: [{ code: 'no-permit' }], policyRevision: revision };
  return {
    forSession: () => ({ judge }),
    resolveGroups: (ref, known = []) => {
      const declared = groups.filter((group) => group.members.includes(ref)).map((group) => group.name);
      return [...new Set([...known, ...declared])].sort();
    },
    retire: () => (retired = true),
  };
};

export function selectAction(text = 'select 1'): Action {
  return {
    protocol: 'postgres',
    kind: 'SELECT',
    text,
    effects: [{ verb: 'select', object: { kind: 'Resource', resource: 'shop' } }],
    context: {},
    lineage: { results: [null], usedElsewhere: [] },
    fingerprint: text,
  };
}

/** A protocol of one line: the credential (`key:` and base64 of a public key that counts as signed with), then the resource's name. Answers `ready` or `no`; ends with the reason. */
export class LineAdapter implements ProtocolAdapter {
  readonly listener = 'postgres';
  readonly serves = [
    {
      protocol: 'postgres' as const,
      capabilities: { maskable: new Set(['mask'] as const), masks: new Set(['redact'] as const) },
    },
  ];
  readonly sessions: LiveSession[] = [];

  accept(socket: Socket, host: GatewayHost): void {
    socket.once('data', (data) => {
      const [credential = '', resource = ''] = data.toString().trim().split(' ');
      void this.#login(socket, host, { credential, resource });
    });
  }

  async #login(socket: Socket, host: GatewayHost, login: { credential: string; resource: string }): Promise<void> {
    const authenticated = await proved(host, login.credential);
    const resource = host.resource(login.resource, 'postgres');
    if (!authenticated || !resource) return void socket.end('no\n');
    try {
      const session = host.open({
        authenticated,
        resource,
        clientAddress: socket.remoteAddress ?? '',
        terminate: (reason) => socket.end(`${reason}\n`),
      });
      socket.on('close', () => session.close('the client left'));
      this.sessions.push(session);
      socket.write('ready\n');
    } catch (error) {
      socket.end(`${(error as { code?: string }).code}\n`);
    }
  }
}

function proved(host: GatewayHost, credential: string): Promise<Authenticated | undefined> {
  if (!credential.startsWith('key:')) return host.authenticate(credential);
  const blob = Buffer.from(credential.slice('key:'.length), 'base64');
  return host.authenticateKey!({ algorithm: 'ssh-ed25519', blob, fingerprint: 'SHA256:of-the-key' });
}
