interface Typed {
  /** Complete lines for the program. */
  readonly line: Buffer;
  readonly interrupt?: boolean;
  readonly end?: boolean;
}
const keys = { interrupt: 0x03, endOfFile: 0x04, backspace: 0x7f, newline: 0x0a, enter: 0x0d } as const;

/** The little of a terminal that a shell behind pipes lacks: echo, line editing, interrupt and end of file. */
export class LineDiscipline {
  #line: number[] = [];

  constructor(private readonly echo: (bytes: Buffer) => void) {}

  input(chunk: Buffer): Typed {
    const complete: number[] = [];
    let interrupt = false;
    let end = false;
    for (const byte of chunk) {
      if (byte === keys.interrupt) {
        interrupt = true;
        this.#line = [];
        this.echo(Buffer.from('^C\r\n'));
      } else if (byte === keys.endOfFile) end = this.#line.length === 0;
      else if (byte === keys.backspace) {
        if (this.#line.pop() !== undefined) this.echo(Buffer.from('\b \b'));
      } else if (byte === keys.enter || byte === keys.newline) {
        complete.push(...this.#line, keys.newline);
        this.#line = [];
        this.echo(Buffer.from('\r\n'));
      } else {
        this.#line.push(byte);
        this.echo(Buffer.from([byte]));
      }
    }
    return { line: Buffer.from(complete), interrupt, end };
  }

  /** A line feed becomes a new line. */
  output(chunk: Buffer): Buffer {
    return Buffer.from(chunk.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
  }
}
