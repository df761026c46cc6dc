/** Every value of every header by its lower-case name, in the order received: Go's view of headers, not Node's. */
export type HeaderValues = ReadonlyMap<string, readonly string[]>;

/** @param raw names and values in turn, as `rawHeaders` holds them */
export function headerValues(raw: readonly string[]): HeaderValues {
  const values = new Map<string, string[]>();
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    values.set(name, [...(values.get(name) ?? []), raw[i + 1] ?? '']);
  }
  return values;
}

export function firstOf(headers: HeaderValues, name: string): string | undefined {
  return headers.get(name)?.[0];
}
