/** RFC 3986 section 2.1, strictly: every `%` leads two hex digits and the bytes are UTF-8; undefined otherwise. */
export function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** One spelling for every text, in which nothing is left that some parser takes for a separator. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}
