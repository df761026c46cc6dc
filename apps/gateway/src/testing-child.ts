import { spawn, type ChildProcess } from 'node:child_process';

/** Lets Node run this workspace's sources as they are: `./x.js` means `./x.ts` where only that exists. */
const hook = `
import { registerHooks } from 'node:module';
registerHooks({ resolve(specifier, context, next) {
  if (!/^\\.{1,2}\\//.test(specifier) || !specifier.endsWith('.js')) return next(specifier, context);
  try { return next(specifier.replace(/\\.js$/, '.ts'), context); } catch { return next(specifier, context); }
} });`;

export interface ChildOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** No file may grow beyond this: how a disk that refuses more looks from inside. Blocks of 512 bytes. */
  readonly maxFileBlocks?: number;
}

/** For tests: a source file in a process of its own, to be killed. */
export function spawnSource(file: string, args: readonly string[], options: ChildOptions = {}): ChildProcess {
  const flags = ['--experimental-transform-types', '--no-warnings', '--conditions=@sallyport/source'];
  const loader = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
  const command = [process.execPath, ...flags, ...loader, file, ...args];
  const limit = options.maxFileBlocks === undefined ? '' : `ulimit -f ${options.maxFileBlocks}; `;
  return spawn('/bin/sh', ['-c', `${limit}exec "$@"`, 'sh', ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: options.env ?? process.env,
  });
}
