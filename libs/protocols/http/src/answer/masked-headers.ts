import type { HeaderField, ResponseHead } from '@sallyport/http-wire';
import type { DocumentMask } from '@sallyport/masking';

/** They describe the bytes that the upstream sent, so after masking they are wrong, and tell what was masked. */
const describing: ReadonlySet<string> = new Set([
  'accept-ranges',
  'cache-control',
  'content-digest',
  'content-encoding',
  'content-md5',
  'content-range',
  'digest',
  'etag',
  'expires',
  'last-modified',
  'pragma',
  'repr-digest',
  'signature',
  'signature-input',
  'want-content-digest',
  'want-repr-digest',
]);
/** Their grammar leaves no room for a value of somebody's. */
const plain: ReadonlySet<string> = new Set([
  'allow',
  'content-language',
  'content-type',
  'date',
  'retry-after',
  'vary',
]);

/** Headers of an answer whose content is masked: nothing that describes the original, and nobody may store it. */
export function maskedHeaders(head: ResponseHead): HeaderField[] {
  const kept = head.headers.filter(([name]) => !describing.has(name));
  return [...kept, ['cache-control', 'no-store']];
}

/** What detectors find in a text they find in a header too. */
export function maskHeaders(headers: readonly HeaderField[], mask: DocumentMask): HeaderField[] {
  return headers.map(([name, value]) => {
    if (plain.has(name) || name === 'cache-control') return [name, value];
    const stream = mask.text();
    const bytes = [Buffer.from(stream.push(Buffer.from(value))), stream.end()];
    return [
      name,
      Buffer.concat(bytes)
        .toString()
        .replace(/[\r\n]+/g, ' '),
    ];
  });
}
