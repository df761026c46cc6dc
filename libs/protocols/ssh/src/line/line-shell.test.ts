import fc from 'fast-check';
import { LineShell, type LineResult } from './line-shell.js';

/** A shell whose commands end when the test says so. */
class Trial {
  shown = '';
  readonly lines: string[] = [];
  taken = 0;
  interrupts = 0;
  reads = true;
  #unread: () => void = () => undefined;
  finished: number | undefined;
  readonly #results: ((result: LineResult) => void)[] = [];
  readonly shell: LineShell;

  constructor(terminal = true, answer?: (line: string) => LineResult) {
    this.shell = new LineShell(
      {
        show: (text) => (this.shown += text),
        run: (line) => {
          this.lines.push(line);
          return answer ? Promise.resolve(answer(line)) : new Promise((resolve) => this.#results.push(resolve));
        },
        interrupt: () => (this.interrupts += 1),
        whenShown: (act) => (this.reads ? act() : (this.#unread = act)),
        taken: (bytes) => (this.taken += bytes),
        finish: (status) => (this.finished = status),
      },
      { resource: 'box', terminal },
    );
    this.shell.start();
  }

  type(text: string | Buffer): this {
    this.shell.input(Buffer.from(text));
    return this;
  }

  read(): void {
    this.reads = true;
    this.#unread();
  }

  async ran(result: LineResult = { status: 0 }): Promise<this> {
    this.#results.shift()!(result);
    await new Promise(setImmediate);
    return this;
  }
}

const done = (): LineResult => ({ status: 0 });
async function typed(text: string | Buffer, terminal = true): Promise<Trial> {
  const trial = new Trial(terminal, done).type(text);
  await new Promise(setImmediate);
  return trial;
}

test('SH-07: a line is shown as it is typed, and run when it is complete', async () => {
  const trial = new Trial().type('ls').type(' -l');
  expect(trial.lines).toEqual([]);
  trial.type('\r');
  expect(trial.lines).toEqual(['ls -l']);
  expect(trial.shown).toBe('box$ ls -l\r\n');
  await trial.ran();
  expect(trial.shown).toBe('box$ ls -l\r\nbox$ ');
});

test.each<[string, string, string]>([
  ['backspace', 'lx\u007fs\u0008s\r', 'ls'],
  ['backspace over a wide character', 'ls 東\u007fx\r', 'ls x'],
  ['backspace at the beginning', '\u007f\u007fls\r', 'ls'],
  ['^U', 'rm -rf /\u0015ls\r', 'ls'],
  ['^W', 'ls -l  /etc \u0017/srv\r', 'ls -l  /srv'],
  ['arrows', 'l\u001b[D\u001b[As\u001bOC\r', 'ls'],
  ['an answer of the terminal', 'l\u001b[?62;c\u001b]11;rgb:00/00/00\u0007\u001bP1$r0m\u001b\\s\r', 'ls'],
  ['Alt with a letter', 'l\u001bbs\r', 'ls'],
  ['a tab', 'ls\t-l\r', 'ls -l'],
  ['other controls', 'l\u0001\u0005\u000b\u0019s\r', 'ls'],
  ['what nobody sees', 'l\u200b\u202es\u2066\r', 'ls'],
  ['blanks around it', '   ls  \r', 'ls'],
  ['^D in a line', 'l\u0004s\r', 'ls'],
])('SH-07: %s', async (_what, input, line) => {
  expect((await typed(input)).lines).toEqual([line]);
});

test('SH-07: erasing takes away as many columns as were shown', async () => {
  const { shown } = await typed('a東e\u0301\u007f\u007f\u007f\u007f');
  expect(shown).toBe(`box$ a東e\u0301${'\b \b'.repeat(4)}`);
});

test('SH-07: pasted lines are commands of their own, one after the other', async () => {
  const trial = new Trial().type('\u001b[200~ls\rrm -rf /\r\nid\nlast\u001b[201~');
  expect(trial.lines).toEqual(['ls']);
  await trial.ran();
  expect(trial.lines).toEqual(['ls', 'rm -rf /']);
  await trial.ran({ status: 126 });
  await trial.ran();
  expect(trial.lines).toEqual(['ls', 'rm -rf /', 'id']);
  expect(trial.shown.endsWith('box$ last')).toBe(true);
});

test('SH-07: no escape that is typed is shown', () => {
  const text = fc.string({
    unit: fc.constantFrom('\u001b', '[', ']', '5', ';', 'm', '\u0007', '\u009b', 'a', '\u001b]52;c;', '\u001b[2J'),
  });
  fc.assert(
    fc.property(text, (input) => {
      expect(new Trial().type(input).shown).not.toMatch(/[\u001b\u0080-\u009f]/);
    }),
  );
});

test('SH-07: what is shown is what is run, however it comes in', () => {
  const nasty = fc.string({
    unit: fc.constantFrom(
      'a',
      'b',
      ' ',
      '\u007f',
      '\u0015',
      '\u0017',
      '\t',
      '\u200b',
      'ü',
      '東',
      '\u001b[D',
      '\ud83d\ude00',
    ),
  });
  fc.assert(
    fc.property(nasty, fc.array(fc.nat(40)), (input, cuts) => {
      const whole = new Trial().type(`${input}\r`);
      const bytes = Buffer.from(`${input}\r`);
      const pieces = new Trial();
      let from = 0;
      for (const cut of [...cuts, bytes.length]) {
        pieces.type(bytes.subarray(from, from + cut));
        from += cut;
      }
      expect(pieces.lines).toEqual(whole.lines);
      expect(whole.lines.length).toBeLessThanOrEqual(1);
      expect(screenOf(whole.shown).slice('box$ '.length).trim()).toBe(whole.lines[0] ?? '');
    }),
  );
});

/** What a terminal shows of its first line: the cursor goes back by `\b`, and writes over. */
function screenOf(shown: string): string {
  const columns: string[] = [];
  let at = 0;
  for (const character of shown.replaceAll('\u0007', '').split('\r\n')[0]!) {
    if (character === '\b') at -= 1;
    else {
      const width = /[東\u{1f600}]/u.test(character) ? 2 : 1;
      columns[at] = character;
      if (width === 2) columns[at + 1] = '';
      at += width;
    }
  }
  return columns.slice(0, at).join('');
}

test('SH-07: a line that is too long is not run in part', async () => {
  const trial = await typed(`rm -rf /${'x'.repeat(5000)}\rls\r`);
  expect(trial.lines).toEqual(['ls']);
  expect(trial.shown).toContain('the line was not run: it is longer than 4096 bytes');
});

test('SH-07: an interrupt gives up the line, or what runs and all that was typed ahead', async () => {
  const trial = new Trial().type('rm -rf /\u0003ls\r');
  expect(trial.lines).toEqual(['ls']);
  expect(trial.shown).toBe('box$ rm -rf /^C\r\nbox$ ls\r\n');
  trial.type('id\rwho\r\u0003date\r');
  expect(trial.interrupts).toBe(1);
  await trial.ran({ status: 130 });
  expect(trial.lines).toEqual(['ls', 'date']);
  trial.shell.interrupt();
  expect(trial.interrupts).toBe(2);
});

test('how a command ended is told where it did not end well', async () => {
  const trial = await new Trial().type('false\r').ran({ status: 1, told: 'exit 1' });
  expect(trial.shown).toBe('box$ false\r\n[exit 1]\r\nbox$ ');
});

test.each([
  ['exit\r', 0],
  ['exit 3\r', 3],
  ['logout\r', 0],
  ['\u0004', 0],
  ['false\rexit\r', 1],
])('%j leaves with %i', async (input, status) => {
  const trial = new Trial(true, () => ({ status: 1 })).type(input);
  await new Promise(setImmediate);
  expect(trial.finished).toBe(status);
});

test('nothing is run for an empty line, a note or help', async () => {
  const trial = await typed('\r# note\rhelp\r');
  expect(trial.lines).toEqual([]);
  expect(trial.shown).toContain('Each line is a command on box');
});

test('a file of commands runs line by line, without echo or prompt, its last line as well', async () => {
  const trial = new Trial(false, done).type('ls\r\nid\n\nwho');
  trial.shell.ended();
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect({ lines: trial.lines, shown: trial.shown, finished: trial.finished }).toEqual({
    lines: ['ls', 'id', 'who'],
    shown: '',
    finished: 0,
  });
});

test('a file that ends while a command runs goes on to its last line', async () => {
  const trial = new Trial(false).type('ls\nwho');
  trial.shell.ended();
  await trial.ran();
  expect(trial.lines).toEqual(['ls', 'who']);
  expect(trial.finished).toBeUndefined();
  await trial.ran({ status: 4 });
  expect(trial.finished).toBe(4);
});

test.each([
  Buffer.from('ls\u200b -l\n'),
  Buffer.from('ls\tx\n'),
  Buffer.from([0x6c, 0x73, 0xff, 0x0a]),
  Buffer.from('ls\u0003\n'),
])('without a terminal, where nobody sees it, what cannot be seen spoils the line: %j', async (bytes) => {
  const trial = await typed(bytes, false);
  expect(trial.lines).toEqual([]);
  expect(trial.shown).toContain('the line was not run');
});

test('a line that was typed and not sent is not run when the terminal goes away', () => {
  const trial = new Trial().type('rm -rf /');
  trial.shell.ended();
  expect(trial.lines).toEqual([]);
  expect(trial.finished).toBe(0);
});

test('input is paid for once it was dealt with, and nothing runs behind the end', async () => {
  const trial = new Trial().type('ls\rid\r');
  expect(trial.taken).toBe(0);
  await trial.ran();
  expect(trial.taken).toBe(6);
  trial.shell.close();
  await trial.ran();
  trial.type('who\r');
  expect(trial.lines).toEqual(['ls', 'id']);
});

test('any bytes at all leave it standing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, terminal) => {
      const trial = new Trial(terminal, done).type(Buffer.from(bytes));
      expect(trial.shown).not.toMatch(/[\u001b\u0080-\u009f]/);
    }),
  );
});

test('SH-16: who asks and does not read gets no further, and is not asked for more', () => {
  const trial = new Trial();
  trial.reads = false;
  trial.type('help\rhelp\r').type('ls\r');
  const { shown } = trial;
  expect({ shown, lines: trial.lines, taken: trial.taken }).toEqual({ shown: 'box$ ', lines: [], taken: 0 });
  trial.read();
  expect(trial.lines).toEqual(['ls']);
});

test('many empty lines at once are no burden', () => {
  const trial = new Trial(false, done).type('\n'.repeat(500_000));
  expect(trial.taken).toBe(500_000);
});

test('SH-15: what is typed ahead in crumbs costs no more than in one piece', () => {
  const trial = new Trial().type('sleep 60\r');
  const started = performance.now();
  for (let at = 0; at < 200_000; at += 1) trial.type('x');
  expect(performance.now() - started).toBeLessThan(1500);
  trial.type('rm a\u0003');
  expect(trial.interrupts).toBe(1);
});
