import fc from 'fast-check';
import { classifyText } from './classify-text.js';
import { programEvasions } from '@sallyport/testing';
import { commandsIn } from './opaque-commands.js';

test.each<[string, (string | undefined)[][]]>([
  [
    'cd /srv && ls -l | grep "a b"',
    [
      ['cd', '/srv'],
      ['ls', '-l'],
      ['grep', 'a b'],
    ],
  ],
  ['echo $HOME ${x:-y} "$z" *.log', [['echo', undefined, undefined, undefined, undefined]]],
  [
    'echo $(hostname -f) done',
    [
      ['hostname', '-f'],
      ['echo', undefined, 'done'],
    ],
  ],
  [
    'echo `id -u`',
    [
      ['id', '-u'],
      ['echo', undefined],
    ],
  ],
  [
    'echo $((6*7)); exit 3',
    [
      ['echo', undefined],
      ['exit', '3'],
    ],
  ],
  ['(cd /; ls) 2>&1 >x # note', [['cd', '/'], ['ls']]],
  ["r''m \\-rf", [['rm', '-rf']]],
  ['if [ -e x ]; then ls; fi', [['if', '[', '-e', 'x', ']'], ['then', 'ls'], ['fi']]],
])('%j is told apart', (text, words) => {
  expect(commandsIn(text)?.map((command) => command.map(({ value }) => value))).toEqual(words);
});

test.each([
  'cat <<E\nx\nE',
  'f() { ls; }',
  'ls )',
  '( ls',
  "ls 'x",
  'ls "x',
  'ls <(id)',
  'ls ${ id; }',
  'ls $((a[$(id)]))',
  'ls \u0000',
  'ls `a\\`b`',
  '$('.repeat(40),
])('%j cannot be followed', (text) => {
  expect(commandsIn(text)).toBeUndefined();
  expect(classifyText(text)).toEqual({ interpreter: true, runsOthers: true });
});

test.each([
  'echo hello; echo problem >&2; exit 7',
  'cd /srv/app && ls -l *.log | tail -n 5',
  'echo $HOME',
  'echo "$(hostname) $((6*7))"',
  'for i in 1 2 3; do head -c 3000 /dev/zero; done',
  'while sleep 1; do date; done',
  'test -e /x && cat /x || true',
  'LANG=C date; x=1; echo $x',
  'grep sh /etc/passwd | wc -l',
  'set -e; ls',
  'kill -TERM $$',
  'printf "\\377 x\\n"; sleep 100',
])('%j starts nothing that runs what it is told', (text) => {
  expect(classifyText(text)).toEqual({ interpreter: false, runsOthers: false });
});

test.each([
  'cat | sh',
  'x; bash',
  'echo x | sudo tee /etc/x | sh -s',
  '$0',
  '"$SHELL" -s',
  "b''ash",
  'b\\ash',
  '/b?n/sh',
  'eval "$(cat)"',
  '. /dev/stdin',
  '$(echo sh)',
  'echo $(sh)',
  'echo "$(sh)"',
  'echo `sh`',
  '(sh)',
  'if true; then sh; fi',
  '{ sh; }',
  'true&sh',
  // bash sends all output of `ls` to a file; to other shells `ls` runs beside `sh`, whose output goes there.
  'ls &>f sh',
  'PATH=/tmp; ls',
  'find . -name x | xargs rm',
  'sudo -s; ls',
  'env $x',
])('SH-08: what %j reads may be code', (text) => expect(classifyText(text).interpreter).toBe(true));

test('SH-06: carriers stay carriers behind an operator', () => {
  for (const text of [...programEvasions.carriers, ...programEvasions.interpreters]) {
    expect({ text, ...classifyText(`ls; ${text}`) }).toMatchObject({ runsOthers: true });
    expect({ text, ...classifyText(`echo "$(${text})"`) }).toMatchObject({ runsOthers: true });
  }
});

test('no text throws, and none takes long', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof classifyText(text).interpreter === 'boolean'));
  const started = performance.now();
  for (const piece of ['$(', '`', '"', 'a ', '(', '${', "$'", '$((', '# ', '2>']) classifyText(piece.repeat(60_000));
  expect(performance.now() - started).toBeLessThan(2000);
});
