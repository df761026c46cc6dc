import { exportTranscript, readRecording, verifyRecording, type Frame, type VerifyReport } from '@sallyport/recording';
import { eventually } from '@sallyport/testing';
import type { Installation } from '@sallyport/testing';

interface ListedSession {
  readonly id: string;
  readonly principal: string;
  readonly open: boolean;
  readonly startedAt: string;
}

/** Newest first. */
export async function sessionsOf(installation: Installation, account: string): Promise<ListedSession[]> {
  const path = `/v1/sessions?principal=${encodeURIComponent(`ServiceAccount::${account}`)}&limit=200`;
  const { items } = await installation.api.expect<{ items: ListedSession[] }>('GET', path);
  return items.sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

export class StoredRecording {
  private constructor(readonly bytes: Buffer) {}

  /** Waits until the last segment has arrived. */
  static async of(installation: Installation, sessionId: string, deadlineMs = 20_000): Promise<StoredRecording> {
    await eventually(
      'the whole recording is stored',
      async () => {
        const found = await installation.api.expect<{ recording: { complete: boolean } }>(
          'GET',
          `/v1/sessions/${sessionId}`,
        );
        return found.recording.complete || undefined;
      },
      deadlineMs,
    );
    const answer = await installation.api.call('GET', `/v1/sessions/${sessionId}/recording`);
    if (answer.status !== 200) throw new Error(`recording: ${answer.status}`);
    return new StoredRecording(answer.bytes);
  }

  async frames(): Promise<Frame[]> {
    const frames: Frame[] = [];
    for await (const item of readRecording([this.bytes])) if (item.kind === 'frame') frames.push(item.frame);
    return frames;
  }

  /** What went to the client, all of it. */
  async responses(): Promise<Buffer> {
    const frames = await this.frames();
    return Buffer.concat(frames.flatMap((frame) => (frame.kind === 'response' ? [frame.bytes] : [])));
  }

  async transcript(): Promise<string> {
    let text = '';
    for await (const line of exportTranscript([this.bytes])) text += `${line}\n`;
    return text;
  }

  verify(bytes: Buffer = this.bytes): Promise<VerifyReport> {
    return verifyRecording([bytes]);
  }
}
