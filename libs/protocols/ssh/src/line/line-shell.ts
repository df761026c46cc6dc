import { StringDecoder } from 'node:string_decoder';
import { LineEditor, type LineEvent } from './line-editor.js';

export interface LineResult {
  /** What the shell ends with when this was its last command. */
  readonly status: number;
  /** Said behind the output, e.g. `exit 2`; nothing where all went well or a refusal was told. */
  readonly told?: string;
}

/** What the shell needs of its surroundings. Text for a terminal ends its lines with CR LF. */
export interface LinePort {
  show(text: string): void;
  /** Judges the line, waits for people, runs it, streams what it prints. Never rejects. */
  run(line: string): Promise<LineResult>;
  /** The client gives up what runs or waits. May be called again while it does not end. */
  interrupt(): void;
  /** Calls back once all that was shown has left: at once, most times. */
  whenShown(act: () => void): void;
  /** So many bytes of input have been dealt with. */
  taken(bytes: number): void;
  finish(status: number): void;
}

export interface LineShellOptions {
  readonly resource: string;
  /** Somebody types: lines are edited and shown, and there is a prompt. */
  readonly terminal: boolean;
}

const interruptCharacter = '\u0003';
/** What a shell ends with for a line that it cannot take, and behind an interrupt. */
const status = { unusable: 126, interrupted: 130 } as const;

/**
 * A shell that the gateway itself runs for whoever may run commands but no shell of the target: it delimits the commands, so
 * each line is judged and run by itself, whatever was pasted. Bytes in, text out; commands through the port. Nothing that is
 * typed reaches a program, and nothing lasts from one line to the next.
 */
export class LineShell {
  readonly #editor: LineEditor;
  readonly #decoder = new StringDecoder('utf8');
  #waiting = '';
  #owed = 0;
  #running = false;
  /** The client asks and does not read: it gets no further before it does. */
  #unread = false;
  #ended = false;
  #over = false;
  #status = 0;

  constructor(
    private readonly port: LinePort,
    private readonly options: LineShellOptions,
  ) {
    this.#editor = new LineEditor(options.terminal);
  }

  start(): void {
    this.#prompt();
    this.#next();
  }

  input(bytes: Buffer): void {
    if (this.#over) return this.port.taken(bytes.length);
    this.#owed += bytes.length;
    const text = this.#decoder.write(bytes);
    if (this.#running) return this.#typedAhead(text);
    this.#waiting += text;
    this.#next();
  }

  /** Nothing more will be typed. */
  ended(): void {
    this.#ended = true;
    this.#waiting += this.#decoder.end();
    this.#next();
  }

  /** The client asked for it by a request of the protocol. */
  interrupt(): void {
    if (this.#running) this.port.interrupt();
  }

  /** The client is gone: nothing is run any more. */
  close(): void {
    this.#over = true;
    this.#waiting = '';
  }

  /** Takes lines until one of them runs. */
  #next(): void {
    while (!this.#running && !this.#over && this.#waiting !== '' && this.#isRead()) {
      const { echo, event, rest } = this.#editor.read(this.#waiting);
      this.#waiting = rest;
      if (echo !== '') this.port.show(echo);
      if (event) this.#act(event);
    }
    if (this.#waiting === '') this.#pay();
    if (!this.#ended || this.#running || this.#waiting !== '') return;
    // The last line of a file may have no end; what somebody typed on a terminal and did not send is not meant yet.
    if (this.options.terminal || !this.#editor.pending) return this.#finish();
    this.#waiting = '\n';
    this.#next();
  }

  /** @returns whether the client has read what was shown; where not, the next line is taken once it has */
  #isRead(): boolean {
    if (this.#unread) return false;
    this.#unread = true;
    let later = false;
    this.port.whenShown(() => {
      this.#unread = false;
      if (later) this.#next();
    });
    later = this.#unread;
    return !this.#unread;
  }

  #act(event: LineEvent): void {
    switch (event.kind) {
      case 'end':
        return this.#finish();
      case 'interrupt':
        this.#status = status.interrupted;
        return this.#prompt();
      case 'line':
        return event.spoiled === undefined ? this.#line(event.text.trim()) : this.#unusable(event.spoiled);
    }
  }

  #line(line: string): void {
    const leave = /^(?:exit|logout)(?: +(\d{1,3}))?$/.exec(line);
    if (leave) {
      if (leave[1] !== undefined) this.#status = Number(leave[1]) & 0xff;
      return this.#finish();
    }
    if (line === 'help') this.port.show(help(this.options.resource));
    if (line === 'help' || line === '' || line.startsWith('#')) return this.#prompt();
    this.#running = true;
    void this.port.run(line).then((result) => this.#ran(result));
  }

  #ran({ status: code, told }: LineResult): void {
    this.#running = false;
    this.#status = code;
    if (this.#over) return;
    if (told !== undefined) this.port.show(`[${told}]\r\n`);
    this.#prompt();
    this.#next();
  }

  #unusable(why: string): void {
    this.#status = status.unusable;
    this.port.show(`sallyport: the line was not run: ${why}\r\n`);
    this.#prompt();
  }

  /** On a terminal an interrupt takes along what was typed ahead, as a terminal's driver does. */
  #typedAhead(text: string): void {
    // Only what is new is looked through; what came together with the line that runs is read in its turn.
    const at = this.options.terminal ? text.lastIndexOf(interruptCharacter) : -1;
    if (at < 0) {
      this.#waiting += text;
      return;
    }
    this.#waiting = text.slice(at + 1);
    this.port.show('^C\r\n');
    this.port.interrupt();
  }

  #prompt(): void {
    if (this.options.terminal && !this.#over) this.port.show(`${this.options.resource}$ `);
  }

  #pay(): void {
    const owed = this.#owed;
    this.#owed = 0;
    if (owed > 0) this.port.taken(owed);
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#waiting = '';
    this.port.finish(this.#status);
  }
}

function help(resource: string): string {
  return [
    `Each line is a command on ${resource}: policy judges it by itself, and it runs by itself.`,
    'Directories, variables and jobs do not last from one line to the next, and programs get no input.',
    'exit leaves. Ctrl-C gives up what waits for approval, and asks what runs to end; a second one lets go of it.',
    '',
  ].join('\r\n');
}
