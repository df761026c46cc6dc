import { MaskError, type StreamMask } from '@sallyport/masking';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { readString } from '../../connection/wire.js';
import type { CopyBudget } from './copy-budget.js';
import { CopyRefusal, MaskedCopy } from './masked-copy.js';
import { packet, status, strings } from './packets.js';
import type { Answer, TargetFiles } from './target-files.js';

/** Of a file whose content detectors have to see. Bytes. */
const maxInspectedFileBytes = 1 << 20;
/** What one answer of the target may hold. Bytes. */
const pieceSize = 64 << 10;

export interface CopyOrder {
  /** Of the target. */
  readonly handle: Buffer;
  readonly mask: StreamMask;
  readonly budget: CopyBudget;
  readonly signal: AbortSignal;
}

/**
 * @param size undefined: it is no regular file, or nobody knows
 * @throws CopyRefusal
 */
export function checkSize(size: bigint | undefined): void {
  if (size === undefined) throw new CopyRefusal('its content has to be masked, and it is no regular file');
  if (size <= maxInspectedFileBytes) return;
  throw new CopyRefusal(`its content has to be masked, and it is larger than ${maxInspectedFileBytes} bytes`);
}

/**
 * Reads an open file from its beginning to its end, whatever was said of its size, and masks it on the way: what was read
 * is what is shown, so nobody who changes the file meanwhile brings anything past the mask.
 * @throws CopyRefusal
 */
export async function loadCopy(target: Pick<TargetFiles, 'ask'>, order: CopyOrder): Promise<MaskedCopy> {
  const copy = new MaskedCopy(order.budget);
  try {
    for await (const piece of piecesOf(target, order)) copy.add(order.mask.push(piece));
    copy.add(order.mask.end());
    copy.complete();
    return copy;
  } catch (error) {
    copy.release();
    if (!(error instanceof MaskError)) throw error;
    throw new CopyRefusal(
      error.code === 'encoding'
        ? 'its content has to be masked, and it is not text in UTF-8'
        : 'its content cannot be masked',
    );
  }
}

async function* piecesOf(target: Pick<TargetFiles, 'ask'>, { handle, signal }: CopyOrder): AsyncGenerator<Buffer> {
  for (let size = 0; ;) {
    const place = new ByteWriter(12).uint32(0).uint32(size).uint32(pieceSize).finish();
    const piece = pieceIn(await target.ask(packet.read, Buffer.concat([strings(handle), place]), signal));
    if (!piece) return;
    size += piece.length;
    checkSize(BigInt(size));
    yield piece;
  }
}

/** Undefined at the end of the file. */
function pieceIn(answer: Answer | undefined): Buffer | undefined {
  const fields = new ByteReader(answer?.fields ?? Buffer.alloc(0));
  if (answer?.type === packet.status && fields.uint32() === status.eof) return undefined;
  const piece = answer?.type === packet.data ? readString(fields) : undefined;
  // No bytes and no end, again and again, would be a way to keep somebody busy; more than asked for is nobody's answer.
  if (!piece || piece.length === 0 || piece.length > pieceSize)
    throw new CopyRefusal('it could not be read to its end');
  return piece;
}
