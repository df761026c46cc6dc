import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { classifyText } from './classify-text.js';

/** Sentences of a shell's language, right and wrong ones, in which `sh` may be run in a roundabout way. */
const { text } = fc.letrec<{ text: string; command: string; word: string }>((tie) => {
  const join = (...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.tuple(...parts).map((found) => found.join(''));
  const one = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts);
  const names = one(
    'sh',
    'ls',
    'ls',
    'a',
    "s''h",
    's"h"',
    's\\h',
    's\\\nh',
    '$x',
    '"$x"',
    '${x}',
    '${x:-sh}',
    '${y:=sh}',
    "$'sh'",
    '[s]h',
    "'ls'",
  );
  const odd = one(
    '#',
    '!',
    '~',
    "'",
    '"',
    '\\',
    '`',
    '$',
    '(',
    ')',
    '{',
    '}',
    '<<',
    '[[',
    'in',
    'do',
    '\u00e9',
    '$((1))',
    '#a',
    'a#',
  );
  return {
    word: fc.oneof(
      { maxDepth: 3 },
      { weight: 8, arbitrary: names },
      {
        weight: 3,
        arbitrary: join(
          one('$(', '"$(', '`', '<(', '$((', '"`', '"', "'"),
          tie('command'),
          one(')', ')"', '`', '))', '`"', '"', "'"),
        ),
      },
      { weight: 1, arbitrary: odd },
    ),
    command: fc.oneof(
      { maxDepth: 3 },
      { weight: 2, arbitrary: tie('word') },
      {
        weight: 6,
        arbitrary: join(one('ls ', 'ls -l ', 'ls "a b" ', ''), tie('word'), one(' ', '  ', '\t'), tie('word')),
      },
      {
        weight: 1,
        arbitrary: join(one('x=sh', 'y=ls', 'x+=sh', 'LANG=C', 'x=(sh)'), one(' ', ';', '\n'), tie('word')),
      },
      {
        weight: 1,
        arbitrary: join(
          one('eval ', 'exec ', 'command ', 'env ', '. ', '! ', 'export ', 'trap ', 'time ', 'builtin '),
          tie('word'),
        ),
      },
      { weight: 1, arbitrary: join(tie('word'), one(' >f ', ' <<<', ' 2>&1 ', ' <f ', ' &>f ', ' >|f '), tie('word')) },
    ),
    text: fc.oneof(
      { maxDepth: 3 },
      { weight: 3, arbitrary: tie('command') },
      {
        weight: 1,
        arbitrary: join(
          tie('command'),
          one(';', '; ', '&&', ' || ', '|', '|&', '&', '\n', ' #', ' \\\n', ';;'),
          tie('text'),
        ),
      },
      { weight: 1, arbitrary: join(one('(', '( ', '{ ', '{', '$('), tie('text'), one(')', ' )', '; }', '}', ';}')) },
      {
        weight: 1,
        arbitrary: join(
          one('if ', 'if ! ', 'while '),
          tie('command'),
          one('; then ', '; do '),
          tie('text'),
          one('; fi', '; break; done'),
        ),
      },
      {
        weight: 1,
        arbitrary: join(
          one('for i in ', 'for x in ', 'for sh in '),
          tie('word'),
          one('; do ', '\ndo '),
          tie('text'),
          one('; done', '\ndone'),
        ),
      },
      {
        weight: 1,
        arbitrary: join(
          one('case a in a) ', 'f() { ', 'function f { '),
          tie('text'),
          one(';; esac', '; }; f', '; }; ls; f'),
        ),
      },
    ),
  };
});

/** Which of the texts make a shell run `sh`, under whatever guise. Nothing but functions is in reach. */
function running(shell: string, texts: readonly string[]): boolean[] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-sight-'));
  const quoted = texts.map((one) => `'${one.replaceAll("'", "'\\''")}'`);
  const functions = ['exec 3>&1', 'sh() { echo ran >&3; }', 'ls() { :; }', 'env() { "$@"; }'];
  const runs = quoted.map((one) => `( eval ${one} ) </dev/null >/dev/null 2>&1; echo next >&3`);
  try {
    const env = { PATH: '/nonexistent', HOME: folder };
    const script = [...functions, ...runs].join('\n');
    const { stdout } = spawnSync(shell, ['-s'], { cwd: folder, env, input: script, encoding: 'utf8', timeout: 60_000 });
    return stdout
      .split('next\n')
      .slice(0, -1)
      .map((said) => said.includes('ran'));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

test.each(['/bin/bash', '/bin/dash'])(
  'SH-08: no text makes %s run a shell and passes for mere commands',
  (shell) => {
    const all = fc.sample(text, { numRuns: 6000, seed: 11 });
    const texts = [...new Set(all)].filter((one) => !classifyText(one).interpreter);
    expect(texts.length).toBeGreaterThan(500);
    const ran = running(shell, texts);
    expect(ran).toHaveLength(texts.length);
    expect(texts.filter((_one, at) => ran[at])).toEqual([]);
  },
  60_000,
);

test('SH-08: the trial itself tells a shell that runs', () => {
  expect(running('/bin/bash', ['sh', 'ls', 'x=sh; $x', 'echo "$(s\\h)"', 'echo sh'])).toEqual([
    true,
    false,
    true,
    true,
    false,
  ]);
});
