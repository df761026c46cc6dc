import fs from 'node:fs';
import sequencer from '@jest/test-sequencer';

/**
 * What a file takes for a start, in seconds, by what its tests start: only the order counts. Files that are not here
 * take none.
 */
const startSeconds = [
  [/^apps\/(cli\/src\/commands\/up\/|conformance\/src\/(scenarios|production-shape))/, 30],
  [/^libs\/policy\/src\/judging\/slice-agreement/, 30],
  [/^libs\/(masking\/src\/(detectors\/detector-stream|text-mask)|sql\/src\/dialects\/postgres\/parser)\./, 12],
  [/^apps\/cli\/src\/(main|local\/postgres\/cluster)\./, 12],
  [/^apps\/(control-plane|gateway)\/|\.db\.test\.ts$/, 6],
  [/^libs\/(protocols|testing-kubernetes)\//, 4],
];
const bytesPerSecond = 2000;

/**
 * Slowest files first, so that the workers end together: jest knows how long a file takes only once it has run here,
 * and on a clean checkout none has.
 */
export default class SlowestFirst extends (sequencer.default ?? sequencer) {
  sort(tests) {
    return [...tests]
      .map((test) => ({ test, seconds: estimate(test) }))
      .sort((a, b) => b.seconds - a.seconds || (a.test.path < b.test.path ? -1 : 1))
      .map(({ test }) => test);
  }
}

function estimate({ path, context }) {
  const name = path.slice(context.config.rootDir.length + 1);
  const [, seconds] = startSeconds.find(([pattern]) => pattern.test(name)) ?? [undefined, 0];
  return seconds + fs.statSync(path).size / bytesPerSecond;
}
