import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import type { MaskMethod } from '@sallyport/domain';
import type { DocumentMask, StreamMask } from '../index.js';
import { createDocumentMask, Pseudonyms } from '../index.js';

const pseudonyms = new Pseudonyms(randomBytes(32));
const canary = (): string => `c${randomBytes(9).toString('hex')}`;

/** Everything a reader could know the canary by. */
function expectNoTrace(output: Buffer, secret: string): void {
  for (const encoding of ['utf8', 'base64', 'base64url', 'hex'] as const) {
    const sign = Buffer.from(secret).toString(encoding).replace(/=+$/, '');
    expect(output.includes(sign)).toBe(false);
    expect(output.toString('latin1').toLowerCase().includes(sign.toLowerCase())).toBe(false);
  }
}

function run(mask: StreamMask, document: string, places: readonly number[]): Buffer {
  const bytes = Buffer.from(document);
  const cuts = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  const given = cuts.map((end) => {
    const piece = mask.push(bytes.subarray(start, end));
    start = end;
    return piece;
  });
  return Buffer.concat([...given, mask.end()]);
}

const method = fc.constantFrom<MaskMethod>('redact', 'pseudonym', 'null');
const cuts = fc.array(fc.nat(), { maxLength: 30 });
const maskFor = (how: MaskMethod): DocumentMask =>
  createDocumentMask({
    rules: [
      { path: '$..secret', method: how },
      { path: "$..['a.b'][*]", method: how },
    ],
    detectors: [{ detector: 'email', method: how }],
    pseudonyms,
  });

/** Writes each character of a string plain or escaped. */
const escaped = (text: string, how: readonly boolean[]): string =>
  [...text]
    .map((character, index) =>
      how[index % how.length] ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : character,
    )
    .join('');

/** JSON with a canary in every place that is masked. */
function planted(secret: string, filler: unknown, depth: number, how: readonly boolean[]): string {
  const value = `"${escaped(secret, how)}"`;
  const email = `"to ${escaped(`${secret}@example.com`, how)} now"`;
  const inner = `{"x":${JSON.stringify(filler)},"${escaped('Secret', how)}":${value},"list":[${email},${value.length}],"a.b":[${value},{"y":${value}}]}`;
  let document = `{"secret":{"deep":[${value},{"er":${value}}]},"rest":${inner},"secret":${value}}`;
  for (let level = 0; level < depth; level += 1) document = level % 2 ? `{"k":${document}}` : `[${document},1]`;
  return document;
}

const documents = fc.record({
  filler: fc.jsonValue({ maxDepth: 2 }),
  depth: fc.nat(5),
  how: fc.array(fc.boolean(), { minLength: 1, maxLength: 5 }),
});

test('no trace of a masked value is in a JSON document, a line of them, or an event', () => {
  fc.assert(
    fc.property(documents, method, cuts, ({ filler, depth, how }, way, places) => {
      const secret = canary();
      const document = planted(secret, filler, depth, how);
      const mask = maskFor(way);
      const output = run(mask.json(), document, places);
      expectNoTrace(output, secret);
      expect(JSON.stringify(JSON.parse(output.toString()))).toBe(JSON.stringify(mask.maskValue(JSON.parse(document))));
      expectNoTrace(run(mask.ndjson(), `${document}\n${document}\n`, places), secret);
      expectNoTrace(run(mask.sse(), `id: 1\ndata: ${document}\n\ndata: ${document}\n\n`, places), secret);
    }),
    { numRuns: 300 },
  );
});

test('no trace is in a form or in text', () => {
  const filler = fc.string({ maxLength: 40 }).map((text) => text.replaceAll('\u0000', ''));
  fc.assert(
    fc.property(filler, method, cuts, (before, way, places) => {
      const secret = canary();
      const email = `${secret}@example.com`;
      const form = new URLSearchParams([
        [before, before],
        ['secret', secret],
        ['user[secret]', secret],
        ['note', `${before} ${email}`],
      ]);
      expectNoTrace(run(maskFor(way).form(), form.toString(), places), secret);
      expectNoTrace(run(maskFor(way).text(), `${before} ${email} ${before}\n${email}`, places), secret);
    }),
    { numRuns: 300 },
  );
});
