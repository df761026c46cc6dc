import { requireThat, SamlRefusal } from './saml-refusal.js';

/** Bytes of XML; answers of real identity providers have some ten thousand. */
export const maxResponseBytes = 256 * 1024;
const maxTags = 4000;
const maxAttributes = 4000;

/**
 * The XML of a `SAMLResponse` form field (SAML bindings §3.5.4), held to the little of XML that SAML needs before any parser
 * sees it: UTF-8, no document type, no entities of its own, no processing instructions, no comments, no CDATA. Those serve
 * attacks alone: a comment splits a text node, so that the signature and the reader see different names.
 * @throws SamlRefusal
 */
export function readResponseText(field: unknown): string {
  requireThat(typeof field === 'string', 'no SAMLResponse');
  requireThat(field.length <= maxResponseBytes * 1.4, 'too large');
  const base64 = field.replaceAll(/[\r\n\t ]/g, '');
  requireThat(/^[A-Za-z0-9+/]+={0,2}$/.test(base64), 'not base64');
  const bytes = Buffer.from(base64, 'base64');
  requireThat(bytes.length <= maxResponseBytes, 'too large');
  const text = decodeUtf8(bytes);
  refuseForeignSyntax(text);
  return text;
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SamlRefusal('not UTF-8');
  }
}

function refuseForeignSyntax(text: string): void {
  // XML 1.0 §2.2. Text in UTF-16 without a byte order mark shows its zero bytes here.
  requireThat(!/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text), 'characters that XML does not allow');
  const declaration = /^<\?xml\s[^<>?]*\?>/.exec(text)?.[0] ?? '';
  const encoding = /\sencoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(declaration);
  requireThat(!encoding || /^utf-8$/i.test(encoding[1] ?? encoding[2] ?? ''), 'not declared as UTF-8');
  const body = text.slice(declaration.length);
  requireThat(!body.includes('<!'), 'a document type, comment or CDATA section');
  requireThat(!body.includes('<?'), 'a processing instruction');
  requireThat(!/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-fA-F]{1,6});)/.test(body), 'an entity');
  requireThat(count(body, /</g) <= maxTags, 'too many elements');
  requireThat(count(body, /=\s*["']/g) <= maxAttributes, 'too many attributes');
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  for (const _ of text.matchAll(pattern)) found += 1;
  return found;
}
