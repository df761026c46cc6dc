import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { contentCodings } from '@sallyport/http-core';
import type { HeaderField } from '@sallyport/http-wire';
import { malformed, RequestFault, unsupportedMedia } from './request-fault.js';

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ['gzip', promisify(gunzip) as Decoder],
  ['x-gzip', promisify(gunzip) as Decoder],
  ['deflate', promisify(inflate) as Decoder],
  ['br', promisify(brotliDecompress) as Decoder],
  ['zstd', promisify(zstdDecompress) as Decoder],
]);

/**
 * The one coding of the body, or undefined where it stands as it is.
 *
 * @throws RequestFault 415 for several codings and for one that is not known
 */
export function contentCoding(headers: readonly HeaderField[]): string | undefined {
  const codings = contentCodings(headers);
  if (!codings) throw unsupportedMedia('this content coding is not accepted');
  return codings[0];
}

/** @throws RequestFault 413 where more than `maxBytes` come out of it, 400 where it is not so encoded */
export async function decodeContent(coding: string, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await decoders.get(coding)!(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw tooLarge ? new RequestFault(413, 'the body is too large') : malformed('the body is not encoded as it says');
  }
}
