/** A field as a client writes it: numbers as varints, texts and messages with their length. */
export type SampleField = readonly [number: number, value: bigint | boolean | string | Uint8Array];

export function message(...fields: readonly SampleField[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'bigint' || typeof value === 'boolean') return [tag(number, 0), varint(BigInt(value))];
      const bytes = Buffer.from(value as string);
      return [tag(number, 2), varint(BigInt(bytes.length)), bytes];
    }),
  );
}

export function tag(number: number, wireType: number): Buffer {
  return varint((BigInt(number) << 3n) | BigInt(wireType));
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(rest)]);
}

/** As client-go frames an object. */
export function enveloped(apiVersion: string, kind: string, raw: Uint8Array, encoding = ''): Buffer {
  const type = message([1, apiVersion], [2, kind]);
  return Buffer.concat([Buffer.from('k8s\0'), message([1, type], [2, raw], [3, encoding], [4, ''])]);
}
