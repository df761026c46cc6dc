import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { argvText, parseCommand } from './parse-command.js';

test.each<[string, string[]]>([
  ['systemctl restart nginx.service', ['systemctl', 'restart', 'nginx.service']],
  ['  ls   -l  ', ['ls', '-l']],
  ["grep 'a b' /etc/hosts", ['grep', 'a b', '/etc/hosts']],
  ['grep "it\'s" x', ['grep', "it's", 'x']],
  ["grep '$HOME `x` *' x", ['grep', '$HOME `x` *', 'x']],
  ['tool --name="a b" --empty= --none=\'\'', ['tool', '--name=a b', '--empty=', '--none=']],
  ['tool "" x', ['tool', '', 'x']],
  ['date +%Y-%m-%d', ['date', '+%Y-%m-%d']],
  ["tool 'über größe 東京 €'", ['tool', 'über größe 東京 €']],
  ['/usr/bin/tool user@host:path,a+b', ['/usr/bin/tool', 'user@host:path,a+b']],
])('%j is known word by word', (text, argv) => {
  expect(parseCommand(text)).toEqual({ literal: true, argv });
});

test.each([
  ['', 'it is empty'],
  ['   ', 'it is empty'],
  ['ls; id', '; has a meaning to shells'],
  ['ls \u202e', 'it holds a control or special character'],
  ["ls 'x", 'a quote is not closed, or holds what shells expand'],
  ['A=b ls', 'its program is not a plain name'],
  ['time ls', 'it begins with a reserved word'],
  ['ls =x', 'a word begins with ='],
])('%j is opaque: %s', (text, why) => {
  expect(parseCommand(text)).toEqual({ literal: false, why });
});

test('words as policies compare them', () => {
  expect(argvText(['tool', 'a "b"', 'ü'])).toBe('["tool","a \\"b\\"","ü"]');
});

/** What a shell hands to a program for each text, in a folder of its own with no other program in reach. */
function wordsBy(shell: string, texts: readonly string[]): string[][] {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-words-'));
  try {
    const probe = 'probe() { for word; do printf "%s\\0" "$word"; done; printf "\\001"; }';
    const script = [probe, ...texts].join('\n');
    const env = { PATH: '/nonexistent', HOME: '/home/somebody', LC_ALL: 'C.UTF-8' };
    const { stdout, stderr } = spawnSync(shell, ['-c', script], { cwd: folder, env, encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout
      .split('\u0001')
      .slice(0, -1)
      .map((words) => words.split('\0').slice(0, -1));
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

function argumentsOf(text: string): readonly string[] {
  const parsed = parseCommand(text);
  return parsed.literal ? parsed.argv.slice(1) : [];
}

const nasty = fc.string({
  unit: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...'ab \'"') },
    { weight: 3, arbitrary: fc.constantFrom(...'-_%+,./:=@0') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(...'$`\\!*?[]{}()<>|&;#~^\n\t\r', '\u00a0', 'ü', '東', '\u200b', '$(', '${'),
    },
  ),
  minLength: 1,
  maxLength: 24,
});

test.each(['/bin/sh', '/bin/bash', '/bin/dash'])('SH-06: what is called literal, %s hands on word by word', (shell) => {
  const texts = fc
    .sample(nasty, { numRuns: 20_000, seed: 7 })
    .map((words) => `probe ${words}`)
    .filter((text) => parseCommand(text).literal);
  expect(texts.length).toBeGreaterThan(1000);
  const expected = texts.map(argumentsOf);
  expect(wordsBy(shell, texts)).toEqual(expected);
});

test('SH-06: every single character beside a word is literal only where bash takes it as it is', () => {
  const characters = Array.from({ length: 0x500 }, (_, code) => String.fromCodePoint(code));
  const texts = characters
    .flatMap((one) => [`probe a${one}b`, `probe ${one}`, `probe ${one}b`, `probe '${one}'`, `probe "a${one}"`])
    .filter((text) => parseCommand(text).literal);
  expect(texts.length).toBeGreaterThan(500);
  const expected = texts.map(argumentsOf);
  expect(wordsBy('/bin/bash', texts)).toEqual(expected);
});

test('SH-06: any text is read in time that grows with its length', () => {
  const started = performance.now();
  for (const piece of ["'a' ", '"a"', 'a', "'", '" ', 'a=', ' ']) parseCommand(`ls ${piece.repeat(200_000)}`);
  expect(performance.now() - started).toBeLessThan(2000);
});

test('reading any text never throws', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof parseCommand(text).literal === 'boolean'));
});
