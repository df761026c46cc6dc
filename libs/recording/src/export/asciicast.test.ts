import fc from 'fast-check';
import type { SessionInfo } from '@sallyport/domain';
import { MemoryRecording, sampleDecision, sampleSession } from '../testing-recording.js';
import type { RecordingWriter } from '../writer.js';
import { exportAsciicast, NoTerminalError, type AsciicastOptions } from './asciicast.js';

type Event = [number, string, string];
interface Cast {
  readonly header: { version: number; term: { cols: number; rows: number; type?: string }; timestamp: number };
  readonly events: Event[];
  /** What happened, without the times. */
  readonly told: string[];
}

async function castOf(
  protocol: SessionInfo['protocol'],
  write: (writer: RecordingWriter) => void,
  options?: AsciicastOptions,
): Promise<Cast> {
  const recording = new MemoryRecording();
  recording.writer.open({ ...sampleSession, protocol });
  write(recording.writer);
  recording.seal();
  return read(recording.bytes, options);
}

async function read(bytes: Buffer, options?: AsciicastOptions): Promise<Cast> {
  const lines: string[] = [];
  for await (const line of exportAsciicast([bytes], options)) lines.push(line);
  const [header, ...events] = lines.map((line) => JSON.parse(line) as unknown);
  const told = (events as Event[]).map(([, code, data]) => `${code} ${data}`);
  return { header: header as Cast['header'], events: events as Event[], told };
}

function shell(writer: RecordingWriter): void {
  writer.note('channel', { seq: 2, kind: 'shell' });
  writer.note('pty', { seq: 2, cols: 120, rows: 40, term: 'xterm-256color' });
  writer.decision(sampleDecision(2, 'interactive shell'));
  writer.note('exchange', { seq: 2 });
  writer.response(Buffer.from('$ '));
  writer.request(Buffer.from('ls\r'));
  writer.response(Buffer.from('ls\r\nfile\r\n'));
  writer.note('resize', { seq: 2, cols: 100, rows: 30 });
  writer.note('exit', { seq: 2, code: 3 });
  writer.outcome(2, 'exit 3');
  writer.close('the client left');
}

test('SH-21: a shell plays back as it was shown, with its size, its end and no input', async () => {
  const { header, events, told } = await castOf('ssh', shell);
  expect(header).toMatchObject({ version: 3, term: { cols: 120, rows: 40, type: 'xterm-256color' } });
  expect(Math.abs(header.timestamp - Date.now() / 1000)).toBeLessThan(60);
  expect(told).toEqual(['o $ ', 'o ls\r\nfile\r\n', 'r 100x30', 'x 3', 'm closed: the client left']);
  for (const [seconds] of events) expect(seconds).toBeGreaterThanOrEqual(0);
});

test('SH-21: what was typed is shown to whoever asks', async () => {
  const { told } = await castOf('ssh', shell, { input: true });
  expect(told).toContain('i ls\r');
});

test('several channels take turns, and one is chosen', async () => {
  const write = (writer: RecordingWriter): void => {
    writer.note('channel', { seq: 2, kind: 'direct-tcpip' });
    writer.note('exchange', { seq: 2 });
    writer.response(Buffer.from('forwarded'));
    for (const seq of [3, 4]) writer.note('channel', { seq, kind: 'exec' });
    for (const [seq, text] of [
      [3, 'three'],
      [4, 'four'],
      [3, ' more'],
    ] as const) {
      writer.note('exchange', { seq });
      writer.response(Buffer.from(text));
    }
    writer.note('exit', { seq: 4, code: 'TERM' });
  };
  expect((await castOf('ssh', write)).told).toEqual(['o three', 'o  more']);
  expect((await castOf('ssh', write, { seq: 4 })).told).toEqual(['o four', 'x TERM']);
  await expect(castOf('ssh', write, { seq: 2 })).rejects.toThrow(NoTerminalError);
});

test('SH-07: the lines of a shell of the gateway play as one session', async () => {
  const { told, header } = await castOf('ssh', (writer) => {
    writer.note('channel', { seq: 2, kind: 'shell' });
    writer.note('exchange', { seq: 2 });
    writer.response(Buffer.from('box$ '));
    writer.note('channel', { seq: 3, kind: 'exec', line: 2 });
    writer.note('held', { seq: 3, approvalId: 'a' });
    writer.note('exchange', { seq: 3 });
    writer.response(Buffer.from('one\r\n'));
    writer.note('exit', { seq: 3, code: 0 });
    writer.note('channel', { seq: 4, kind: 'exec' });
    writer.note('exchange', { seq: 4 });
    writer.response(Buffer.from('of another channel'));
    writer.note('exchange', { seq: 2 });
    writer.response(Buffer.from('box$ '));
    writer.note('exit', { seq: 2, code: 0 });
  });
  expect(told).toEqual(['o box$ ', 'm waits for approval', 'o one\r\n', 'o box$ ', 'x 0']);
  expect(header.term).toEqual({ cols: 80, rows: 24 });
});

test('KU: an exec in a cluster plays back: its streams, its sizes, its end', async () => {
  const write = (writer: RecordingWriter): void => {
    writer.decision(sampleDecision(1, 'GET /pods'));
    writer.response(Buffer.from('HTTP/1.1 200'));
    writer.note('streams', { transport: 'spdy/3.1', protocol: 'portforward.k8s.io' });
    writer.response(Buffer.from('forwarded'));
    writer.decision(sampleDecision(2, 'exec'));
    writer.response(Buffer.from('HTTP/1.1 101'));
    writer.note('streams', { transport: 'websocket', protocol: 'v5.channel.k8s.io' });
    writer.note('resize', { width: 90, height: 20 });
    writer.response(Buffer.from('out'));
    writer.note('stream', { direction: 'response', name: 'stderr' });
    writer.response(Buffer.from('err'));
    writer.decision(sampleDecision(3, 'GET /nodes'));
    writer.response(Buffer.from('of another request'));
    writer.note('exchange', { seq: 2 });
    writer.request(Buffer.from('typed'));
    writer.note('stream', { direction: 'response', name: 'error' });
    writer.response(Buffer.from('{"status":"Success"}'));
    writer.outcome(2, 'exit 0');
  };
  const { header, told } = await castOf('kubernetes', write, { input: true });
  expect(header.term).toEqual({ cols: 90, rows: 20 });
  expect(told).toEqual(['o out', 'o err', 'i typed', 'x 0']);
});

test('SH-21: bytes that are no text, and a character that was cut, leave valid JSON', async () => {
  const { told } = await castOf('ssh', (writer) => {
    writer.note('channel', { seq: 2, kind: 'exec' });
    writer.note('exchange', { seq: 2 });
    writer.response(Buffer.from([0x61, 0xff, 0xfe, 0xe6]));
    writer.response(Buffer.from([0x9d, 0xb1, 0x00, 0x1b, 0xe6]));
  });
  expect(told).toEqual(['o a\ufffd\ufffd', 'o 東\u0000\u001b', 'o \ufffd']);
});

test('SH-21: any bytes in any pieces come out as JSON, and safe output holds no sequence that acts', async () => {
  const pieces = fc.array(fc.uint8Array({ minLength: 1, maxLength: 30 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pieces, async (chunks) => {
      const write = (writer: RecordingWriter): void => {
        writer.note('channel', { seq: 2, kind: 'exec' });
        writer.note('exchange', { seq: 2 });
        for (const chunk of [...chunks, Buffer.from('\u001b]52;c;eA==\u0007')]) writer.response(chunk);
      };
      const plain = (await castOf('ssh', write)).events.map(([, , data]) => data).join('');
      expect(plain).toBe(Buffer.concat([...chunks, Buffer.from('\u001b]52;c;eA==\u0007')]).toString());
      const safe = (await castOf('ssh', write, { safe: true })).told.join('');
      expect(safe).not.toMatch(/\u001b\]|[\u0080-\u009f]/);
    }),
    { numRuns: 40 },
  );
});

test('SH-21: a terminal of a million columns is not believed', async () => {
  const { header, told } = await castOf('ssh', (writer) => {
    writer.note('channel', { seq: 2, kind: 'shell' });
    writer.note('pty', { seq: 2, cols: 1e9, rows: 0, term: '' });
    writer.note('exchange', { seq: 2 });
    writer.response(Buffer.from('x'));
    writer.note('resize', { seq: 2, cols: 4294967295, rows: 4294967295 });
  });
  expect(header.term).toEqual({ cols: 1000, rows: 1 });
  expect(told).toContain('r 1000x1000');
});

test('a recording that is cut off says so, and one without a terminal is refused', async () => {
  const recording = new MemoryRecording();
  recording.writer.open({ ...sampleSession, protocol: 'ssh' });
  shell(recording.writer);
  recording.seal();
  const cut = recording.bytes.subarray(0, recording.bytes.length - 5);
  expect((await read(cut)).told.at(-1)).toBe('m the recording ends here, incomplete');
  await expect(castOf('postgres', (writer) => writer.response(Buffer.from('rows')))).rejects.toThrow(NoTerminalError);
});
