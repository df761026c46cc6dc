import { visible, visibleBlock } from './terminal-text.js';

/** One line of text for a person. Anything that came from elsewhere must have gone through `visible`. */
export function printLine(text = ''): void {
  process.stdout.write(`${text}\n`);
}

/** For scripts. */
export function printJson(value: unknown): void {
  printLine(jsonText(value, 2));
}

/** JSON that is safe in a terminal too: it escapes C0 controls itself, and here whatever else is not plainly visible. */
export function jsonText(value: unknown, indent?: number): string {
  const json = JSON.stringify(value, undefined, indent) ?? 'null';
  return json.replace(/[\u007f-\u009f]|[\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));
    return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
  });
}

/** Aligned columns; every cell is made visible. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const cells = [header, ...rows].map((row) => row.map(visible));
  const widths = header.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? '')].length)));
  for (const row of cells) {
    printLine(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** One line for each member of an object, nested values as JSON; text of several lines stays a block. */
export function printFields(object: Readonly<Record<string, unknown>>): void {
  const names = Object.keys(object);
  const width = Math.max(0, ...names.map((name) => name.length));
  for (const name of names) {
    const value = object[name];
    if (typeof value === 'string' && value.includes('\n')) {
      printLine(visible(name));
      for (const line of visibleBlock(value.trimEnd()).split('\n')) printLine(`  ${line}`.trimEnd());
    } else {
      printLine(`${visible(name).padEnd(width)}  ${cellText(value)}`);
    }
  }
}

/** One value as table text. */
export function cellText(value: unknown): string {
  if (value === undefined || value === null) return '-';
  return visible(typeof value === 'string' ? value : JSON.stringify(value));
}
