import { type DocumentMask, type FieldRule, MaskError, type StreamMask } from '@sallyport/masking';
import { ruledNames } from '../fields/mask-rules.js';

/** Text that may hide a document is looked at as a whole before any of it goes on. Bytes. */
const maxBytes = 1_048_576;

/**
 * Text where fields of documents are masked. What is JSON whatever it says it is, is masked as JSON. Any other text passes
 * only while it does not name a masked field: a table, a page or a script that names it holds its values where no path leads.
 */
export class TextGuard implements StreamMask {
  private readonly held: Buffer[] = [];
  private length = 0;

  constructor(
    private readonly mask: DocumentMask,
    private readonly rules: readonly FieldRule[],
  ) {}

  push(chunk: Buffer): Buffer {
    this.length += chunk.length;
    if (this.length > maxBytes) throw new MaskError('too-long', 'a text is too long to be looked at as a whole');
    this.held.push(chunk);
    return Buffer.alloc(0);
  }

  end(): Buffer {
    const bytes = Buffer.concat(this.held);
    const text = decode(bytes);
    const json = /^[\s\ufeff]*[[{"]/.test(text);
    if (!json && this.namesField(text)) throw new MaskError('malformed', 'a text names a masked field');
    const mask = json ? this.mask.json() : this.mask.text();
    return Buffer.concat([Buffer.from(mask.push(bytes)), mask.end()]);
  }

  private namesField(text: string): boolean {
    const names = ruledNames(this.rules);
    const folded = text.normalize('NFKC').toUpperCase().toLowerCase();
    return text.trim() !== '' && (names === undefined || names.some((name) => folded.includes(name)));
  }
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new MaskError('encoding', 'a text is not UTF-8');
  }
}
