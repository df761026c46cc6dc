import type { SecretSource } from '@sallyport/api-contract';
import { readFileSync, realpathSync, statSync } from 'node:fs';

const maxSecretBytes = 4096;

/** The control plane's own settings are not for sending to an upstream, whoever asks. */
const ownVariables = /^(SALLYPORT_.*|DATABASE_URL|PG[A-Z]+|REDIS_URL|RECORDINGS_URL|NODE_OPTIONS)$/;

export type ReadSecret =
  { readonly ok: true; readonly secret: string } | { readonly ok: false; readonly reason: string };

/** Where `env` and `file` are read. Reasons name the source, never what it holds. */
export interface SecretSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** Files of this process that no manifest may name, whatever path leads to them. */
  readonly ownSecretFiles: readonly string[];
}

export function readPassword(source: SecretSource, surroundings: SecretSurroundings): ReadSecret {
  if ('value' in source) return { ok: true, secret: source.value };
  if ('env' in source) return readVariable(source.env, surroundings.env);
  try {
    return readSecretFile(source.file, surroundings.ownSecretFiles);
  } catch (error) {
    return {
      ok: false,
      reason: `cannot read the file ${source.file} (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    };
  }
}

function readVariable(name: string, env: NodeJS.ProcessEnv): ReadSecret {
  if (ownVariables.test(name)) return { ok: false, reason: `the variable ${name} belongs to the control plane itself` };
  const secret = env[name];
  if (secret === undefined || secret === '') return { ok: false, reason: `the control plane has no variable ${name}` };
  return { ok: true, secret };
}

function readSecretFile(path: string, ownSecretFiles: readonly string[]): ReadSecret {
  const real = realpathSync(path);
  // Not only by name: a device or a process's memory or environment is no file that holds a password.
  const forbidden = /^\/(proc|sys|dev)\//.test(real) || ownSecretFiles.some((own) => sameFile(real, own));
  if (forbidden) return { ok: false, reason: `the file ${path} is not one that a manifest may name` };
  const facts = statSync(real);
  if (!facts.isFile() || facts.size > maxSecretBytes) {
    return { ok: false, reason: `${path} is not a regular file of at most ${maxSecretBytes} bytes` };
  }
  const secret = readFileSync(real, 'utf8').replace(/\r?\n$/, '');
  return secret === '' ? { ok: false, reason: `the file ${path} is empty` } : { ok: true, secret };
}

function sameFile(a: string, b: string): boolean {
  try {
    const [one, other] = [statSync(a), statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch {
    return a === b;
  }
}
