import { postgresValue } from './postgres-values.js';
import { printable } from './printable.js';

/** PostgreSQL 18 documentation, 54.7 Message Formats. Only what a backend sends after start-up, and only to show it. */
interface Column {
  readonly name: string;
  readonly typeOid: number;
  readonly binary: boolean;
}

const maxColumnWidth = 60;
/** A table is laid out this many rows at a time, so that a large result needs no large memory. */
const rowsPerBlock = 200;

export class PostgresTranscript {
  #rest: Buffer = Buffer.alloc(0);
  #columns: Column[] = [];
  #rows: string[][] = [];
  /** Whether the current result's header has been shown: a large one comes in blocks. */
  #shown = false;
  #copied = 0;

  push(bytes: Buffer): string[] {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const lines: string[] = [];
    while (data.length >= 5) {
      const size = 1 + data.readUInt32BE(1);
      if (size < 5) {
        lines.push('-- bytes that are no PostgreSQL message');
        data = Buffer.alloc(0);
        break;
      }
      if (data.length < size) break;
      try {
        this.#message(String.fromCharCode(data[0]!), data.subarray(5, size), lines);
      } catch {
        lines.push(`-- a malformed message of type ${printable(String.fromCharCode(data[0]!))}`);
      }
      data = data.subarray(size);
    }
    this.#rest = Buffer.from(data);
    return lines;
  }

  end(): string[] {
    const lines: string[] = [];
    this.#showRows(lines);
    return lines;
  }

  #message(type: string, body: Buffer, lines: string[]): void {
    if (type === 'D') return this.#row(body, lines);
    if (type === 'd') {
      this.#copied += 1;
      for (const line of body.toString('utf8').replace(/\n$/, '').split('\n')) lines.push(printable(line));
      return;
    }
    // Rows end with CommandComplete, an error or a suspended portal; parameter changes and notices may come in between.
    if (type === 'C' && this.#columns.length > 0 && !this.#shown) this.#table(lines);
    else if (type !== 'S' && type !== 'N' && type !== 'A') this.#showRows(lines);
    switch (type) {
      case 'T':
        this.#columns = rowDescription(body);
        this.#shown = false;
        return;
      case 'C':
        lines.push(printable(text(body, 0).value));
        this.#columns = [];
        this.#shown = false;
        return;
      case 'E':
      case 'N':
        lines.push(...diagnostic(body));
        return;
      case 'A': {
        const channel = text(body, 4);
        lines.push(`notification on ${printable(channel.value)}: ${printable(text(body, channel.next).value)}`);
        return;
      }
      case 'c':
        lines.push(`(${this.#copied} COPY messages)`);
        this.#copied = 0;
        return;
      case 'I':
        lines.push('(empty query)');
        return;
      case 's':
        lines.push('(portal suspended)');
        return;
    }
  }

  #row(body: Buffer, lines: string[]): void {
    const count = body.readUInt16BE(0);
    const row: string[] = [];
    let at = 2;
    for (let index = 0; index < count; index += 1) {
      const length = body.readInt32BE(at);
      at += 4;
      if (length < 0) {
        row.push('NULL');
        continue;
      }
      if (at + length > body.length) throw new RangeError('a value longer than its row');
      const column = this.#columns[index];
      row.push(printable(postgresValue(body.subarray(at, at + length), column?.typeOid ?? 0, column?.binary ?? false)));
      at += length;
    }
    this.#rows.push(row);
    if (this.#rows.length >= rowsPerBlock) this.#showRows(lines);
  }

  #showRows(lines: string[]): void {
    if (this.#rows.length > 0) this.#table(lines);
  }

  #table(lines: string[]): void {
    const width = Math.max(this.#columns.length, this.#rows[0]?.length ?? 0);
    const names = Array.from({ length: width }, (_, index) =>
      printable(this.#columns[index]?.name ?? `column ${index + 1}`),
    );
    lines.push(...alignedTable(names, this.#rows));
    this.#rows = [];
    this.#shown = true;
  }
}

function rowDescription(body: Buffer): Column[] {
  const columns: Column[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left -= 1) {
    const name = text(body, at);
    columns.push({
      name: name.value,
      typeOid: body.readUInt32BE(name.next + 6),
      binary: body.readUInt16BE(name.next + 16) === 1,
    });
    at = name.next + 18;
  }
  return columns;
}

/** Fields of ErrorResponse and NoticeResponse: 54.8. */
function diagnostic(body: Buffer): string[] {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const field = text(body, at + 1);
    fields.set(String.fromCharCode(body[at]!), field.value);
    at = field.next;
  }
  const lines = [`${fields.get('S') ?? 'ERROR'}:  ${fields.get('C') ?? ''}: ${fields.get('M') ?? ''}`];
  for (const [code, label] of [
    ['D', 'DETAIL'],
    ['H', 'HINT'],
    ['P', 'POSITION'],
  ] as const) {
    const value = fields.get(code);
    if (value !== undefined) lines.push(`${label}:  ${value}`);
  }
  return lines.map((line) => printable(line));
}

function text(body: Buffer, from: number): { value: string; next: number } {
  const end = body.indexOf(0, from);
  if (end < 0) throw new RangeError('a string without its end');
  return { value: body.toString('utf8', from, end), next: end + 1 };
}

function alignedTable(names: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const shown = [names, ...rows].map((row) => row.map(clip));
  const widths = names.map((_, index) => Math.max(...shown.map((row) => row[index]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    ` ${widths.map((width, index) => (row[index] ?? '').padEnd(width)).join(' | ')}`.trimEnd();
  return [line(shown[0]!), widths.map((width) => '-'.repeat(width + 2)).join('+'), ...shown.slice(1).map(line)];
}

function clip(value: string): string {
  return value.length <= maxColumnWidth ? value : `${value.slice(0, maxColumnWidth - 1)}…`;
}
