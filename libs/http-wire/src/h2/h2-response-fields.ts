import type { OutgoingHttpHeaders } from 'node:http2';
import { httpDate } from '../headers/http-date.js';
import type { HeaderField } from '../message.js';

/** A field list as the library takes it: those that repeat are lists. The fields must have been checked. */
export function h2ResponseFields(
  status: number,
  headers: readonly HeaderField[],
  length?: number | undefined,
): OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> & { ':status': string } = Object.create(null);
  fields[':status'] = String(status);
  for (const [name, value] of headers) {
    const former = fields[name];
    if (former === undefined) fields[name] = value;
    else if (Array.isArray(former)) former.push(value);
    else fields[name] = [former, value];
  }
  fields['date'] ??= httpDate();
  if (length !== undefined) fields['content-length'] = String(length);
  return fields;
}
