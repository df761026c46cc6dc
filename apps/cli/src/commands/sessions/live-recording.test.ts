import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WatchEvent } from '@sallyport/api-contract';
import { liveRecording } from './live-recording.js';

const id = '00000000-0000-4000-8000-000000000000';
const bytes = (text: string): WatchEvent => ({ kind: 'bytes', base64: Buffer.from(text).toString('base64') });
const end = (code: Extract<WatchEvent, { kind: 'end' }>['code'], after = 0): WatchEvent => {
  return { kind: 'end', code, detail: `because ${code}`, after };
};

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** What is shown of a session by a control plane that answers each watch with the next of these. */
async function shown(...answers: readonly WatchEvent[][]): Promise<{ text: string; asked: string[]; error: unknown }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const events = answers[asked.push(request.url!) - 1] ?? [];
    response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let text = '';
  try {
    for await (const chunk of liveRecording({ api, token: 'sp_test' }, id)) text += Buffer.from(chunk).toString();
    return { text, asked, error: undefined };
  } catch (error) {
    return { text, asked, error };
  }
}

test('a session is shown until it has ended', async () => {
  const { text, error } = await shown([bytes('one '), { kind: 'alive' }, bytes('two'), end('closed')]);
  expect([text, error]).toEqual(['one two', undefined]);
});

test('where a credential has ended or a replica stops, it goes on behind what was shown', async () => {
  const { text, asked, error } = await shown(
    [bytes('one '), end('refused', 4)],
    [bytes('two '), end('stopping', 5)],
    [bytes('three'), end('closed', 6)],
  );
  expect([text, error]).toEqual(['one two three', undefined]);
  const path = `/v1/sessions/${id}/watch`;
  expect(asked).toEqual([path, `${path}?after=4`, `${path}?after=5`]);
});

test.each([
  ['slow', [bytes('one'), end('slow')], 1],
  ['failed', [bytes('one'), end('failed')], 1],
  ['no word', [bytes('one')], 6],
])('an end by %s is an error', async (_what, events, exitCode) => {
  const { text, error } = await shown(events);
  expect(text).toBe('one');
  expect(error).toMatchObject({ name: 'CliError', exitCode });
});
