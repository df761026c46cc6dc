/** Longer texts are left to the runtime: its one call costs less than this loop. Characters. */
const loopBelow = 200;

/** `JSON.stringify` of a text, without that call where nothing has to be escaped. */
export function jsonString(text: string): string {
  if (text.length > loopBelow) return JSON.stringify(text);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return JSON.stringify(text);
  }
  return `"${text}"`;
}
