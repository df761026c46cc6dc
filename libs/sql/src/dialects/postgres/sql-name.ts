/**
 * The parts of a name inside a string literal, such as nextval's: `Public."Odd.Name"` → public, Odd.Name. Undefined
 * where it is not a plain name (numbers are oids).
 */
export function parseSqlName(text: string): string[] | undefined {
  const parts: string[] = [];
  const part = /\s*(?:"((?:[^"]|"")+)"|([A-Za-z_][A-Za-z0-9_$]*))\s*/y;
  for (;;) {
    const match = part.exec(text);
    if (!match) return undefined;
    parts.push(match[1] === undefined ? match[2]!.toLowerCase() : match[1].replaceAll('""', '"'));
    if (part.lastIndex === text.length) return parts;
    if (text[part.lastIndex] !== '.') return undefined;
    part.lastIndex += 1;
  }
}
