import { createHash } from 'node:crypto';
import { type BodyFacts, formFacts } from './body-facts.js';
import { malformed } from './request-fault.js';

/** One part of `multipart/form-data` (RFC 7578). */
export interface FormPart {
  readonly name: string;
  /** Set: a file, whose content nobody looks into. */
  readonly filename: string | undefined;
  readonly contentType: string | undefined;
  readonly content: Buffer;
}

const maxParts = 200;
const maxHeadBytes = 4096;
// RFC 2046 section 5.1.1, without the blank and the marks on which parsers differ.
const boundaryPattern = /^[0-9A-Za-z'()+_,./:=?-]{1,70}$/;
const dispositionPattern = /^form-data; *name="([^"\\\r\n]*)"(?:; *filename="([^"\\\r\n]*)")?$/i;

/**
 * Takes a form apart, strictly: exact boundaries, nothing before the first and after the last, one disposition a part,
 * no `filename*`, no codings. Readers differ on all else.
 *
 * @throws RequestFault
 */
export function parseMultipart(body: Buffer, boundary: string | undefined): FormPart[] {
  if (boundary === undefined || !boundaryPattern.test(boundary)) throw malformed('the form has no usable boundary');
  const delimiter = Buffer.from(`\r\n--${boundary}`, 'latin1');
  if (!body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2))) throw malformed('the form has a preamble');
  const parts: FormPart[] = [];
  let at = delimiter.length - 2;
  while (body.toString('latin1', at, at + 2) === '\r\n') {
    const end = body.indexOf(delimiter, at + 2);
    if (end < 0) throw malformed('the form has no end');
    if (parts.length === maxParts) throw malformed('the form has too many parts');
    parts.push(parsePart(body.subarray(at + 2, end)));
    at = end + delimiter.length;
  }
  const rest = body.toString('latin1', at, at + 5);
  if (parts.length === 0 || (rest !== '--' && rest !== '--\r\n'))
    throw malformed('the form does not end with its boundary');
  return parts;
}

function parsePart(part: Buffer): FormPart {
  const headEnd = part.indexOf('\r\n\r\n');
  if (headEnd < 0 || headEnd > maxHeadBytes) throw malformed('a part of the form has no proper head');
  const headers = new Map<string, string>();
  for (const line of utf8(part.subarray(0, headEnd)).split('\r\n')) {
    const match = /^([0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*$/.exec(line);
    const name = match?.[1]!.toLowerCase() ?? '';
    if (!match || headers.has(name)) throw malformed('a part of the form has no proper head');
    headers.set(name, match[2]!);
  }
  const disposition = dispositionPattern.exec(headers.get('content-disposition') ?? '');
  const foreign = [...headers.keys()].some((name) => name !== 'content-disposition' && name !== 'content-type');
  if (!disposition || foreign || disposition[1] === '') throw malformed('a part of the form has no proper head');
  const [, name, filename] = disposition;
  return { name: name!, filename, contentType: headers.get('content-type'), content: part.subarray(headEnd + 4) };
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed('the form is not UTF-8');
  }
}

/** Fields by their text; of a file only that it is there, which leaves the body as a whole unknown. */
export function multipartFacts(parts: readonly FormPart[]): BodyFacts {
  const fields = parts.filter(isField).map((part) => [part.name, utf8(part.content)] as const);
  const files = parts.filter((part) => !isField(part)).map((part) => [part.name, undefined] as const);
  const { known, values } = formFacts(fields);
  const { paths } = formFacts([...fields, ...files]);
  return { known: known && files.length === 0, values, paths };
}

function isField(part: FormPart): boolean {
  return part.filename === undefined && /^(?:text\/plain(?:; *charset=utf-8)?)?$/i.test(part.contentType ?? '');
}

/** The form with a boundary of ours and the heads that were understood, and its content type. */
export function multipartBody(parts: readonly FormPart[]): { readonly body: Buffer; readonly contentType: string } {
  // Follows from the contents, so the same form reads the same each time, and no content can hold its own digest.
  const digest = createHash('sha256');
  for (const { name, filename, content } of parts) digest.update(JSON.stringify([name, filename])).update(content);
  const boundary = `part-${digest.digest('hex')}`;
  const pieces = parts.flatMap(({ name, filename, contentType, content }) => {
    const file = filename === undefined ? '' : `; filename="${filename}"`;
    const type = contentType === undefined ? '' : `\r\nContent-Type: ${contentType}`;
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${file}${type}\r\n\r\n`;
    return [Buffer.from(head), content, Buffer.from('\r\n')];
  });
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}
