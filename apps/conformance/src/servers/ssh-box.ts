import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeSshKey, publicKeyOf, startSshServer, type SshServer } from '@sallyport/testing';

/** Service accounts: one with rules for single commands, one for whatever is plainly one command, one for files alone, two that may approve and do all, one for nothing. */
export const accounts = ['ci', 'literal', 'files', 'reviewer', 'operator', 'stranger'] as const;
export type Account = (typeof accounts)[number];

/** Servers behind the gateway, with the folder that its rules speak of and a port that may be forwarded to. */
export interface Box {
  readonly sshd: SshServer;
  /** Runs nothing that it is told to, and writes down that it was told to: for what must never arrive. */
  readonly trap: SshServer;
  /** Holds `open`, which `ci` may read and write, and `secret`, which it may not. */
  readonly folder: string;
  readonly echoPort: number;
  /** A host key that is not the server's. */
  readonly otherHostKey: string;
  stop(): Promise<void>;
}

/** Must reach nobody who may not reveal it: found by the detector of addresses. */
export const address = 'ann.canary@example.com';

export async function startBox(): Promise<Box> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'sallyport-box-')));
  const sshd = await startSshServer(['LogLevel VERBOSE']);
  const trap = await startSshServer([`ForceCommand printenv SSH_ORIGINAL_COMMAND >> ${folder}/arrived`]);
  for (const name of ['open', 'secret']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'open/people'), `mail ${address} today\n`);
  writeFileSync(join(folder, 'secret/key'), 'top secret\n');
  makeSshKey(join(folder, 'other'));
  const echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  return {
    sshd,
    trap,
    folder,
    echoPort: (echo.address() as AddressInfo).port,
    otherHostKey: publicKeyOf(join(folder, 'other')),
    stop: async () => {
      echo.close();
      await Promise.all([sshd.stop(), trap.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Commands that `ci` may run by their argv, and one that waits for people. */
const rules = ({ folder, echoPort }: Box): Readonly<Record<string, string>> => ({
  'ci-enters': `permit (principal in Group::"ci", action == Action::"connect", resource)
    unless { resource == Resource::"off-limits" };`,
  'ci-runs': `permit (principal in Group::"ci", action == Action::"exec", resource)
    when { context.ssh.literal && ["echo", "cat", "ls", "sleep", "yes", "id", "true", "false"].contains(context.ssh.program) };`,
  'plain-commands': `permit (principal in Group::"literal", action == Action::"connect", resource == Resource::"trap");
    permit (principal in Group::"literal", action == Action::"exec", resource == Resource::"trap") when { context.ssh.literal };`,
  'ci-clones': `permit (principal in Group::"ci", action == Action::"exec", resource)
    when { context.ssh.argv == ${JSON.stringify(JSON.stringify(['git-upload-pack', `${folder}/open/repository`]))} };`,
  'ci-touches-after-approval': `@approval("ops") @reason("changes need a second pair of eyes")
    permit (principal in Group::"ci", action == Action::"exec", resource)
    when { context.ssh.literal && context.ssh.program == "touch" };`,
  'ci-makes-folders-quickly': `@approval("ops") @expires("2s") @reason("at once or not at all")
    permit (principal in Group::"ci", action == Action::"exec", resource)
    when { context.ssh.literal && context.ssh.program == "mkdir" };`,
  'ci-runs-scripts-after-approval': `@approval("ops") @reason("scripts are read first")
    permit (principal in Group::"ci", action in [Action::"exec", Action::"shell"], resource)
    when { context.ssh.program == "bash" && context.ssh.arguments.isEmpty() && context.ssh.script };`,
  'nothing-is-removed': `@reason("nothing is removed here")
    forbid (principal in Group::"ci", action == Action::"exec", resource) when { context.ssh.program == "rm" };`,
  'ci-copies': `permit (principal in Group::"ci", action in [Action::"sftpRead", Action::"sftpWrite"], resource)
    when { context.ssh.path == "${folder}/open" || context.ssh.path like "${folder}/open/*" };`,
  'ci-forwards': `permit (principal in Group::"ci", action == Action::"forward", resource)
    when { context.ssh.operation == "direct-tcpip" && context.ssh.target == "127.0.0.1" && context.ssh.port == ${echoPort} };`,
  'files-only': `permit (principal in Group::"files", action in [Action::"connect", Action::"sftpRead", Action::"sftpWrite"], resource in Resource::"box");`,
  'ops-do-all': `permit (principal in Group::"ops", action, resource);`,
});

/** The server under names that differ in what is known of it: where its answers are masked, its key is another, or nobody listens. */
export function boxManifests(box: Box, deadPort: number): string {
  const { sshd, trap, otherHostKey } = box;
  const resource = (name: string, over: Readonly<Record<string, unknown>> = {}, more = {}, server = sshd): unknown => ({
    kind: 'Resource',
    name,
    spec: {
      protocol: 'ssh',
      upstream: { host: '127.0.0.1', port: server.port, hostKeys: [server.hostKey], ...over },
      credential: { username: server.username, privateKey: { value: server.privateKey } },
      ...more,
    },
  });
  const documents: unknown[] = [
    resource('box'),
    resource('masked', {}, { classification: [{ detector: 'email', tags: ['pii'], mask: 'redact' }] }),
    resource('dead', { port: deadPort }),
    resource('impostor', { hostKeys: [otherHostKey] }),
    resource('off-limits'),
    resource('trap', {}, {}, trap),
    { kind: 'ServiceAccount', name: 'ci', spec: { groups: ['ci'], owner: 'platform@example.com' } },
    { kind: 'ServiceAccount', name: 'literal', spec: { groups: ['literal'], owner: 'platform@example.com' } },
    { kind: 'ServiceAccount', name: 'files', spec: { groups: ['files'], owner: 'platform@example.com' } },
    { kind: 'ServiceAccount', name: 'reviewer', spec: { owner: 'systems@example.com' } },
    { kind: 'ServiceAccount', name: 'operator', spec: { owner: 'operations@example.com' } },
    { kind: 'ServiceAccount', name: 'stranger', spec: { owner: 'outside@example.com' } },
    { kind: 'Group', name: 'ops', spec: { members: ['ServiceAccount::reviewer', 'ServiceAccount::operator'] } },
    ...Object.entries(rules(box)).map(([name, cedar]) => ({ kind: 'Policy', name, spec: { cedar } })),
  ];
  // JSON is YAML: every document stands for itself.
  return documents.map((document) => JSON.stringify(document)).join('\n---\n');
}
