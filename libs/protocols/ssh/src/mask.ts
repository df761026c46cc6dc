import type { Obligation } from '@sallyport/domain';

/** Rewrites a stream piece by piece. Whatever it throws ends the stream. */
export interface StreamMask {
  push(chunk: Buffer): Buffer;
  end(): Buffer;
}

/** Masks for what a program prints; undefined when the obligations cannot be carried out. */
export type MaskSource = (obligations: readonly Obligation[]) => OutputMasks | undefined;

/** Output and error output are two streams, each with its own unfinished words. */
export interface OutputMasks {
  readonly out: StreamMask;
  readonly error: StreamMask;
}
