import { setTimeout as sleep } from 'node:timers/promises';
import { watchEvent, type WatchEnd } from '@sallyport/api-contract';
import { apiClient, segment } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import type { GlobalOptions } from '../../settings.js';
import { visible } from '../../terminal-text.js';

/** Until another replica of the control plane answers in place of one that stops. Milliseconds. */
const otherReplicaMs = 1000;

/**
 * The bytes of a session's recording while it is made, until the session ends. A login's tokens live minutes: where one has
 * ended the next goes on behind the last segment, and so does another replica. Throws CliError, ApiError or UnreachableError.
 */
export async function* liveRecording(options: GlobalOptions, id: string): AsyncGenerator<Uint8Array, void, void> {
  for (let after: number | undefined; ;) {
    const end: WatchEnd = yield* oneWatch(options, { id, after });
    switch (end.code) {
      case 'closed':
        return;
      case 'incomplete':
        return tell(end.detail);
      case 'refused':
        break;
      case 'stopping':
        await sleep(otherReplicaMs);
        break;
      default:
        throw new CliError(`the watch was ended: ${end.detail}`);
    }
    after = end.after;
  }
}

async function* oneWatch(
  options: GlobalOptions,
  { id, after }: { readonly id: string; readonly after: number | undefined },
): AsyncGenerator<Uint8Array, WatchEnd, void> {
  const client = await apiClient(options);
  try {
    for await (const event of client.lines(`/v1/sessions/${segment(id)}/watch`, watchEvent, { query: { after } })) {
      if (event.kind === 'end') return event;
      if (event.kind === 'bytes') yield Buffer.from(event.base64, 'base64');
      if (event.kind === 'missing') tell(`${event.segments} pieces of the recording are missing here`);
    }
  } finally {
    client.close();
  }
  throw new CliError('the watch ended without a word: the control plane is gone', exitCodes.unreachable);
}

/** Beside what is shown, which is the session's. */
function tell(text: string): void {
  process.stderr.write(`sallyport: ${visible(text)}\n`);
}
