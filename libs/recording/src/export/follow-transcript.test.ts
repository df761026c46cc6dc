import fc from 'fast-check';
import { exportTranscript, followTranscript } from '../index.js';
import { MemoryRecording, sampleDecision, sampleSession } from '../testing-recording.js';

/** A session at a shell, as its client saw it. */
function shellSession(): Buffer {
  const made = new MemoryRecording();
  made.writer.open({ ...sampleSession, protocol: 'ssh' });
  made.writer.decision(sampleDecision(1, 'sh'));
  made.writer.response(Buffer.from('host$ '));
  for (const key of 'echo grüße') {
    made.writer.request(Buffer.from(key));
    made.writer.response(Buffer.from(key));
  }
  made.seal();
  made.writer.response(Buffer.from('\r\n\x1b]0;title\x07grüße\r\nhost$ '));
  made.writer.response(Buffer.from([0, 1, 2]));
  made.writer.response(Buffer.from('x'.repeat(9000)));
  made.writer.outcome(1, 'exit 0');
  made.writer.close('the client left');
  made.seal();
  return made.bytes;
}

async function joined(source: AsyncIterable<string>, end = ''): Promise<string> {
  let text = '';
  for await (const part of source) text += part + end;
  return text;
}

test('joined, it is the transcript, however the bytes arrive', async () => {
  const bytes = shellSession();
  const whole = await joined(exportTranscript([bytes]), '\n');
  expect(whole).toContain('grüße');
  const cuts = fc.array(fc.integer({ min: 0, max: bytes.length }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      const ends = [0, ...at.sort((a, b) => a - b), bytes.length];
      const pieces = ends.slice(1).map((end, index) => bytes.subarray(ends[index], end));
      expect(await joined(followTranscript(pieces))).toBe(whole);
    }),
  );
});

test('a line is shown as far as it has come', async () => {
  const made = new MemoryRecording();
  const shown: string[] = [];
  const pieces = function* (): Generator<Buffer> {
    made.writer.open({ ...sampleSession, protocol: 'ssh' });
    for (const text of ['host$ ', 'l', 's', '\r\nfile\r\nhost$ ', '\x1b[2J']) {
      made.writer.response(Buffer.from(text));
      made.seal();
      yield made.segments.at(-1)!;
    }
  };
  for await (const text of followTranscript(pieces())) shown.push(text);
  expect(shown.slice(1)).toEqual(['l', 's', '\nfile\nhost$ ', '\\x1b[2J', '\n']);
  expect(shown[0]).toMatch(/ from 127\.0\.0\.1\nhost\$ $/);
});

test('a recording that breaks off says so', async () => {
  const bytes = shellSession();
  expect(await joined(followTranscript([bytes.subarray(0, bytes.length - 5)]))).toMatch(/cut off here\n$/);
});
