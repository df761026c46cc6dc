/**
 * `npm test [-- JEST-ARGUMENTS]`: the same bootstrap as `npm start`, then the real servers that the tests run
 * against, then every test. The last line is `N passed, N failed`; a skipped test counts as failed.
 */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build } from './bootstrap/build.mjs';
import { installDependencies } from './bootstrap/dependencies.mjs';
import { main, requireSupportedHost, root } from './bootstrap/host.mjs';
import { nodeRuntime } from './bootstrap/node-runtime.mjs';
import { installTestServers } from './bootstrap/test-servers.mjs';

await main(async () => {
  requireSupportedHost();
  const node = nodeRuntime();
  installDependencies(node);
  installTestServers();
  build(node);
  const { passed, failed } = runJest(node, process.argv.slice(2));
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});

function runJest(node, args) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-test-'));
  const report = path.join(scratch, 'report.json');
  const jest = path.join(root, 'node_modules/jest/bin/jest.js');
  // One worker more than processors: a third of a worker's time is waiting for the servers and processes of its tests.
  const workers = Math.min(os.availableParallelism(), 4) + 1;
  // --forceExit: a connection that some test left open must not keep the run from reporting.
  // Seconds that a test of real processes takes on a busy machine are no failure; hanging still is one.
  const flags = [
    `--maxWorkers=${workers}`,
    '--testTimeout=30000',
    '--json',
    `--outputFile=${report}`,
    '--forceExit',
    ...args,
  ];
  const env = {
    // The products are started a hundred times: each file of theirs is compiled once.
    NODE_COMPILE_CACHE: path.join(root, 'node_modules/.cache/compiled-by-node'),
    ...process.env,
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
  };
  const result = spawnSync(node, ['--experimental-vm-modules', '--no-warnings', jest, ...flags], {
    cwd: root,
    env,
    // Jest writes the readable report to stderr; stdout is the JSON that goes to the file as well.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    return summary(report, result.status);
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** Whatever did not pass failed: files that would not load, skipped tests, and a run that broke off. */
function summary(report, status) {
  if (!fs.existsSync(report)) return { passed: 0, failed: 1 };
  const results = JSON.parse(fs.readFileSync(report, 'utf8'));
  const skipped = results.numPendingTests + results.numTodoTests;
  if (skipped > 0) process.stderr.write(`${skipped} tests were skipped; a skipped test counts as failed\n`);
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites + skipped;
  return { passed: results.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed };
}
