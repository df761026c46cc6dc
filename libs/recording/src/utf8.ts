/** Longer texts are left to the runtime, whose one call costs less than this loop. Characters. */
const loopBelow = 128;

/** At most so many bytes: three for a UTF-16 unit. */
export function utf8Most(text: string): number {
  return text.length * 3;
}

/** Writes a text at `start`, where there is room for `utf8Most` of it; returns where it ends. */
export function writeUtf8(target: Buffer, start: number, text: string): number {
  const { length } = text;
  if (length > loopBelow) return start + target.write(text, start, 'utf8');
  for (let at = 0; at < length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return start + target.write(text, start, 'utf8');
    target[start + at] = code;
  }
  return start + length;
}
