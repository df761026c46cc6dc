import type { Action, ClassifiedField, ContextRecord, Effect, SshVerb } from '@sallyport/domain';
import type { ResourceBinding } from '@sallyport/enforcement';
import type { CommandFacts } from './command-facts.js';

/** What policy sees of an SSH request: the record `context.ssh`, every attribute always there. */
export interface SshFacts {
  readonly command: string;
  readonly literal: boolean;
  readonly argv: string;
  readonly program: string;
  readonly arguments: readonly string[];
  readonly pty: boolean;
  readonly env: readonly string[];
  readonly login: string;
  readonly operation: string;
  readonly path: string;
  readonly target: string;
  readonly port: number;
  readonly mode: string;
  readonly script: boolean;
}

/** Where requests of one session go: what all their actions have in common. */
export interface Scene {
  readonly resource: string;
  /** The account on the target. */
  readonly login: string;
  /** What is to be masked in what programs print. */
  readonly detected: readonly ClassifiedField[];
}

export function sceneOf(binding: ResourceBinding, login: string): Scene {
  const detected = binding.fields.filter(({ by, in: side }) => 'detector' in by && side !== 'request');
  return { resource: binding.name, login, detected: detected.map(({ field, tags, mask }) => ({ field, tags, mask })) };
}

export function connectAction(scene: Scene): Action {
  return actionOf(scene, 'connect', `connect as ${scene.login}`, ['connect'], { operation: 'connect' });
}

export interface ProgramSetting {
  readonly pty: boolean;
  /** `NAME=value`, sorted. */
  readonly env: readonly string[];
}

export function shellAction(scene: Scene, setting: ProgramSetting, mode: '' | 'line' = ''): Action {
  const facts = { operation: 'shell', mode, ...setting };
  return { ...actionOf(scene, 'shell', 'interactive shell', ['shell'], facts), lineage: printing(scene) };
}

/**
 * A command as the login shell of the target reads it. An interpreter runs what its input says, so it is a shell as well.
 * @param script what it reads, where all of it is known; policy and reviewers see it behind the command
 */
export function execAction(
  scene: Scene,
  command: CommandFacts,
  setting: ProgramSetting & { readonly script?: string; readonly mode?: 'line' },
): Action {
  const { pty, env, script, mode = '' } = setting;
  const text = script === undefined ? command.text : `${command.text}\n${script}`;
  const facts = {
    command: text,
    literal: command.literal,
    argv: command.argvText,
    program: command.program,
    arguments: command.arguments,
    script: script !== undefined,
    operation: 'exec',
    mode,
    pty,
    env,
  };
  const verbs: readonly SshVerb[] = command.interpreter ? ['exec', 'shell'] : ['exec'];
  const action = actionOf(scene, 'exec', text, verbs, facts);
  // Shown as one text they are two: where one ends decides what is run and what is read, so an approval must know.
  const fingerprint = script === undefined ? action.fingerprint : JSON.stringify([action.fingerprint, command.text]);
  return { ...action, fingerprint, lineage: printing(scene) };
}

/** @param reads whether the content of a file reaches the client, which detectors would have to see */
export function fileAction(
  scene: Scene,
  verbs: readonly SshVerb[],
  facts: Pick<SshFacts, 'operation' | 'path' | 'target'>,
  reads: boolean,
): Action {
  const { operation, path, target } = facts;
  const text = target === '' ? `${operation} ${path}` : `${operation} ${path} ${target}`;
  const action = actionOf(scene, `sftp ${operation}`, text, verbs, facts);
  return reads ? { ...action, lineage: printing(scene) } : action;
}

/** The start of the file transfer subsystem. Whatever it is asked to do is judged by itself. */
export function filesAction(scene: Scene): Action {
  return actionOf(scene, 'sftp', 'file transfer', ['connect'], { operation: 'sftp' });
}

export function forwardAction(
  scene: Scene,
  operation: 'direct-tcpip' | 'tcpip-forward' | 'direct-streamlocal' | 'streamlocal-forward',
  facts: Partial<Pick<SshFacts, 'target' | 'port' | 'path'>>,
): Action {
  const where = facts.path ?? `${facts.target?.includes(':') ? `[${facts.target}]` : facts.target}:${facts.port}`;
  return actionOf(scene, operation, `${operation} ${where}`, ['forward'], { operation, ...facts });
}

const nothing = {
  command: '',
  literal: false,
  argv: '',
  program: '',
  arguments: [],
  pty: false,
  env: [],
  path: '',
  target: '',
  port: 0,
  mode: '',
  script: false,
} as const;

function actionOf(
  scene: Scene,
  kind: string,
  text: string,
  verbs: readonly SshVerb[],
  facts: Partial<SshFacts> & Pick<SshFacts, 'operation'>,
): Action {
  const object = { kind: 'Resource', resource: scene.resource } as const;
  const effects: Effect[] = verbs.map((verb) => ({ verb, object }));
  const ssh: SshFacts = { ...nothing, login: scene.login, ...facts };
  const context: ContextRecord = { ssh: { ...ssh } };
  const fingerprint = JSON.stringify(['ssh', kind, effects, ssh]);
  return { protocol: 'ssh', kind, text, effects, context, lineage: silent, fingerprint };
}

const silent = { results: [null], usedElsewhere: [] } as const;

function printing(scene: Scene): Action['lineage'] {
  return scene.detected.length === 0 ? silent : { ...silent, fields: scene.detected };
}
