/** What the scripts need of the machine, and where the checkout is. Builtins only: this runs before `npm ci`. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Tells the person what to do, without a stack trace. */
export class SetupError extends Error {}

export function say(text) {
  process.stderr.write(`sallyport: ${text}\n`);
}

export function requireSupportedHost() {
  if (process.platform !== 'linux') {
    throw new SetupError(`this runs on Linux; the platform here is ${process.platform}`);
  }
  if (process.arch !== 'x64' && process.arch !== 'arm64') {
    throw new SetupError(`this runs on x64 and arm64; the processor here is ${process.arch}`);
  }
  if (!process.report.getReport().header.glibcVersionRuntime) {
    throw new SetupError('this needs a Linux with glibc, such as Debian 12; musl (Alpine) is not supported');
  }
}

/** Runs a command in the checkout with the given Node first in PATH; throws with `what` when it fails. */
export function run(what, command, args, { node, ...options } = {}) {
  const env = { ...process.env, ...options.env };
  if (node) env.PATH = `${path.dirname(node)}${path.delimiter}${env.PATH ?? ''}`;
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options, env });
  if (result.error) throw new SetupError(`${what}: ${result.error.message}`);
  if (result.status !== 0) {
    throw new SetupError(`${what} failed (${result.signal ?? `exit code ${result.status}`}); its output is above`);
  }
  return result;
}

/** The npm that started us, or the one in PATH, as a script that any Node can run. */
export function npmScript() {
  const given = process.env.npm_execpath;
  if (given && /npm-cli\.c?js$/.test(given) && fs.existsSync(given)) return given;
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(dir, 'npm');
    if (!fs.existsSync(candidate)) continue;
    const script = fs.realpathSync(candidate);
    if (/\.c?js$/.test(script)) return script;
  }
  throw new SetupError('npm was not found in PATH; install Node.js 20 or newer together with npm');
}

/** Runs the body and turns a SetupError into one line and exit code 1. */
export async function main(body) {
  try {
    process.exitCode = await body();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
