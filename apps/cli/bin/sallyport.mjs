#!/usr/bin/env node
/**
 * Starts the compiled CLI on Node 24: on this very Node where it is new enough, else on the pinned one that
 * `npm start` brings in. Plain JavaScript for Node 20 and newer, builtins only.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { whenNpmIsGone } from './npm-watch.mjs';

const home = path.resolve(path.dirname(fs.realpathSync(fileURLToPath(import.meta.url))), '..');
const entry = path.join(home, 'dist/main.js');
const pinned = path.resolve(home, `../../tools/runtime/node_modules/node-linux-${process.arch}/bin/node`);

if (!fs.existsSync(entry)) {
  fail('not built yet: run `npm start` once');
} else if (Number(process.versions.node.split('.')[0]) >= 24) {
  whenNpmIsGone(() => process.kill(process.pid, 'SIGTERM'));
  await import(entry);
} else if (fs.existsSync(pinned)) {
  runWith(pinned);
} else {
  fail(`needs Node 24 or newer, this is ${process.versions.node}: run \`npm start\` once, it brings one in`);
}

/** The child sees its IPC channel close when this process ends, however it ends. */
function runWith(node) {
  const child = spawn(node, [entry, ...process.argv.slice(2)], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
  whenNpmIsGone(() => process.exit(1));
}

function fail(message) {
  process.stderr.write(`sallyport: ${message}\n`);
  process.exitCode = 2;
}
