import type { HeaderField } from '@sallyport/http-wire';
import { RequestFault } from './request-fault.js';

export function headerValues(headers: readonly HeaderField[], name: string): string[] {
  return headers.filter(([key]) => key === name).map(([, value]) => value);
}

/** @throws RequestFault when it is given twice */
export function singleHeader(headers: readonly HeaderField[], name: string): string | undefined {
  const values = headerValues(headers, name);
  if (values.length > 1) throw new RequestFault(400, `the header ${name} is given more than once`);
  return values[0];
}
