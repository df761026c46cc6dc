/** Line and column, from 1, of a UTF-16 offset. A column counts code points, as an editor does. */
export function positionAt(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lineStart = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
  return { line: before.split(/\r\n|\n|\r/).length, column: [...before.slice(lineStart)].length + 1 };
}

/** Cedar counts UTF-8 bytes; JavaScript counts UTF-16 units. */
export function offsetOfByte(text: string, byte: number): number {
  return Buffer.from(text, 'utf8').subarray(0, byte).toString('utf8').length;
}
