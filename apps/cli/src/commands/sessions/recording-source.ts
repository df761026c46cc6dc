import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import type { ApiClient } from '@sallyport/api-client';
import { segment } from '../../command-context.js';
import { CliError, exitCodes } from '../../exit-codes.js';

/** The bytes of a session's recording, as the control plane keeps them. */
export function storedRecording(client: ApiClient, id: string): Promise<AsyncIterable<Uint8Array>> {
  return client.stream(`/v1/sessions/${segment(id)}/recording`);
}

/** The bytes of a recording that was exported before. */
export async function exportedRecording(file: string): Promise<AsyncIterable<Uint8Array>> {
  try {
    await fs.access(file);
  } catch (error) {
    throw new CliError((error as Error).message, exitCodes.notFound);
  }
  return createReadStream(file);
}
