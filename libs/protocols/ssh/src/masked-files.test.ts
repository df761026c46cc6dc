import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { Action, Obligation } from '@sallyport/domain';
import { finished } from '@sallyport/testing';
import { ByteReader } from '@sallyport/wire-kit';
import ssh2 from 'ssh2';
import { regularFileSize } from './channels/files/attributes.js';
import { packet, status, strings, type Packet } from './channels/files/packets.js';
import { readString } from './connection/wire.js';
import { openFields, RawFiles, readFields } from './testing/raw-files.js';
import { deny, hold, permit } from './testing/testing-host.js';
import { bindingOf, TestingSetup, until } from './testing/testing-setup.js';

const field = { kind: 'Field', resource: 'box', path: 'detector:email' } as const;
const address = 'ann.canary@example.com';
const limit = 1 << 20;

let setup: TestingSetup;
let folder: string;

beforeAll(async () => {
  setup = await TestingSetup.start();
});
afterAll(() => setup.stop());
beforeEach(() => {
  setup.reset();
  folder = fs.mkdtempSync(`${fs.realpathSync(setup.folder)}/masked-`);
  const part = { field, tags: ['pii'], mask: 'redact', by: { detector: 'email' }, in: 'response' } as const;
  setup.host.bindings.set('box', { ...bindingOf(setup.sshd), fields: [part] });
  setup.host.opinion = (action) => permit(masks(action));
});

/** As policy asks for them: wherever the content of something could be seen. */
function masks(action: Action): Obligation[] {
  return (action.lineage.fields ?? []).map(() => ({ kind: 'maskField', field, method: 'redact' }));
}

function written(name: string, content: string | Buffer): string {
  fs.writeFileSync(`${folder}/${name}`, content);
  return `${folder}/${name}`;
}

/** What the client has of it: the text with `[redacted]` in the place of each address. */
function shown(text: string): string {
  return text.replaceAll(address, '[redacted]');
}

function refusalOf(answer: Packet): string {
  expect(answer.type).toBe(packet.status);
  const reader = new ByteReader(answer.body, 4);
  expect(reader.uint32()).toBe(status.denied);
  return readString(reader).toString();
}

describe('small texts', () => {
  const short = `mail ${address} today\n`;
  const long = Array.from({ length: 20_000 }, (_, index) => `${index} ${index % 7 ? 'nobody' : address} today`).join(
    '\n',
  );
  // Every line of it becomes longer than the target says that it is.
  const growing = 'a@b.co\n'.repeat(30_000);

  test.each([
    ['short', short, shown(short)],
    ['long', long, shown(long)],
    ['empty', '', ''],
    ['growing', growing, '[redacted]\n'.repeat(30_000)],
    ['without a line', `${'x'.repeat(300_000)} ${address}`, `${'x'.repeat(300_000)} [redacted]`],
    ['in another script', `Привет ${address} мир`, 'Привет [redacted] мир'],
  ])('sftp and scp show a text masked: %s', async (_name, content, masked) => {
    const path = written('people', content);
    expect(await setup.sftp(`get ${path} ${folder}/got\n`)).toMatchObject({ code: 0, error: '' });
    expect(fs.readFileSync(`${folder}/got`, 'utf8') === masked).toBe(true);
    expect((await setup.scp('-p', `box@127.0.0.1:${path}`, `${folder}/copied`)).code).toBe(0);
    expect(fs.readFileSync(`${folder}/copied`, 'utf8') === masked).toBe(true);
    expect(fs.readFileSync(path, 'utf8') === content).toBe(true);
  });

  test('a folder is fetched, each of its files by itself', async () => {
    fs.mkdirSync(`${folder}/all/deep`, { recursive: true });
    for (const name of ['a', 'b', 'deep/c']) written(`all/${name}`, `${name} ${address}`);
    expect((await setup.scp('-r', `box@127.0.0.1:${folder}/all`, `${folder}/got`)).code).toBe(0);
    expect(['a', 'b', 'deep/c'].map((name) => fs.readFileSync(`${folder}/got/${name}`, 'utf8'))).toEqual([
      'a [redacted]',
      'b [redacted]',
      'deep/c [redacted]',
    ]);
  });

  test.each(['reget', 'get -a'])('%s goes on where what was shown ended', async (command) => {
    const path = written('people', long);
    fs.writeFileSync(`${folder}/part`, shown(long).slice(0, 100_001));
    expect((await setup.sftp(`${command} ${path} ${folder}/part\n`)).code).toBe(0);
    expect(fs.readFileSync(`${folder}/part`, 'utf8') === shown(long)).toBe(true);
  });

  test.each([
    ['shorter', long],
    ['longer', growing],
  ])('a client that asks for so much as the open file holds gets all of it: %s', async (_name, content) => {
    const client = new ssh2.Client();
    const target = { host: '127.0.0.1', port: setup.port, username: 'box', password: 'good-token' };
    await new Promise<void>((resolve, reject) =>
      client
        .once('ready', () => resolve())
        .once('error', reject)
        .connect(target),
    );
    const path = written('people', content);
    await new Promise<void>((resolve, reject) =>
      client.sftp((failed, sftp) => {
        if (failed) return reject(failed);
        sftp.fastGet(path, `${folder}/got`, (problem) => (problem ? reject(problem) : resolve()));
      }),
    );
    expect(fs.readFileSync(`${folder}/got`, 'utf8') === shown(content).replaceAll('a@b.co', '[redacted]')).toBe(true);
    client.end();
  });

  test('a file whose size nobody knows beforehand is shown', async () => {
    expect((await setup.sftp(`get /proc/self/limits ${folder}/limits\n`)).code).toBe(0);
    expect(fs.readFileSync(`${folder}/limits`, 'utf8')).toContain('Max open files');
  });

  test('the recording has the digest of what the client saw', async () => {
    const path = written('people', long);
    await setup.sftp(`get ${path} ${folder}/got\n`);
    const sha256 = createHash('sha256').update(shown(long)).digest('hex');
    const detail = { path, direction: 'download', bytes: shown(long).length, sha256, masked: true };
    expect(setup.host.notes).toContainEqual({ name: 'file', detail: expect.objectContaining(detail) });
    expect(setup.host.outcomes.map(({ completion }) => completion)).toContain('closed');
  });

  test('where policy reveals the content it is the target’s own', async () => {
    setup.host.opinion = () => permit();
    const content = Buffer.concat([Buffer.alloc(2 * limit), Buffer.from(address)]);
    expect((await setup.sftp(`get ${written('binary', content)} ${folder}/got\n`)).code).toBe(0);
    expect(fs.readFileSync(`${folder}/got`).equals(content)).toBe(true);
  });

  test('writing is not affected', async () => {
    const path = written('people', short);
    fs.writeFileSync(`${folder}/rest`, short.slice(0, 9));
    expect((await setup.sftp(`put ${path} ${folder}/up\nput -a ${path} ${folder}/rest\n`)).code).toBe(0);
    expect(fs.readFileSync(`${folder}/rest`, 'utf8')).toBe(short);
    expect(fs.readFileSync(`${folder}/up`, 'utf8')).toBe(short);
  });

  test('a held reading is masked as well', async () => {
    const path = written('people', short);
    setup.host.opinion = (action) =>
      action.text === `read ${path}` ? { ...hold(), obligations: masks(action) } : permit(masks(action));
    const running = setup.sftp(`get ${path} ${folder}/got\n`);
    await setup.host.approvals.decide({ state: 'approved' });
    expect((await running).code).toBe(0);
    expect(fs.readFileSync(`${folder}/got`, 'utf8')).toBe(shown(short));
    await until(() => setup.host.approvals.reports.includes('completed: closed'), 'the outcome is reported');
  });
});

describe('what is refused', () => {
  test.each([
    ['a file that is too large', Buffer.alloc(limit + 1, 'a'), 'larger than 1048576 bytes'],
    ['NUL in it', Buffer.from(`a\0 ${address}`), 'not text in UTF-8'],
    ['NUL behind a long text', Buffer.concat([Buffer.alloc(200_000, 'a'), Buffer.of(0)]), 'not text in UTF-8'],
    ['no UTF-8', Buffer.from(`caf\u00e9 ${address}`, 'latin1'), 'not text in UTF-8'],
    ['UTF-16', Buffer.from(address, 'utf16le'), 'not text in UTF-8'],
    ['a character cut off at the end', Buffer.from('é').subarray(0, 1), 'not text in UTF-8'],
  ])('%s', async (_name, content, why) => {
    const path = written('people', content);
    const { code, error } = await setup.sftp(`get ${path} ${folder}/stolen\n`);
    expect(code).not.toBe(0);
    expect(error).toContain(why);
    expect(error).toContain('Permission denied');
    expect(fs.existsSync(`${folder}/stolen`)).toBe(false);
    expect((await setup.scp(`box@127.0.0.1:${path}`, `${folder}/stolen`)).code).not.toBe(0);
    expect(fs.existsSync(`${folder}/stolen`)).toBe(false);
    expect(setup.host.outcomes.some(({ completion }) => completion.includes(why))).toBe(true);
  });

  test('a text of exactly the limit is shown', async () => {
    const path = written('people', `${'a'.repeat(limit - address.length - 1)} ${address}`);
    expect((await setup.sftp(`get ${path} ${folder}/got\n`)).code).toBe(0);
    expect(fs.readFileSync(`${folder}/got`, 'utf8').endsWith('a [redacted]')).toBe(true);
  });

  test('what is no regular file is not even opened', async () => {
    execFileSync('mkfifo', [`${folder}/pipe`]);
    const files = await RawFiles.start(setup.port);
    for (const path of [`${folder}/pipe`, '/dev/zero', folder]) {
      expect([path, refusalOf(await files.ask(packet.open, openFields(path)))]).toEqual([
        path,
        expect.stringContaining('no regular file'),
      ]);
    }
    // And what comes after it is answered.
    expect((await files.ask(packet.open, openFields(written('a', 'a')))).type).toBe(packet.handle);
    files.client.transport.close('done');
  });

  test('what is not there is not there', async () => {
    const { error } = await setup.sftp(`get ${folder}/nothing ${folder}/got\n`);
    expect(error).toContain('not found');
    const files = await RawFiles.start(setup.port);
    const answer = await files.ask(packet.open, openFields(`${folder}/nothing`));
    expect([answer.type, new ByteReader(answer.body, 4).uint32()]).toEqual([packet.status, status.noSuchFile]);
    files.client.transport.close('done');
  });

  test.each([3, 1 | 8, 1 | 16])('reading and writing at once, with flags %d', async (flags) => {
    const path = written('people', address);
    const files = await RawFiles.start(setup.port);
    expect(refusalOf(await files.ask(packet.open, openFields(path, flags)))).toContain('blocked by access policy');
    expect(fs.readFileSync(path, 'utf8')).toBe(address);
    files.client.transport.close('done');
  });

  test('a mask that nobody here can apply', async () => {
    const other = { ...field, path: '$.email' };
    setup.host.opinion = (action) => permit(masks(action).map((mask) => ({ ...mask, field: other }) as Obligation));
    const { code, error } = await setup.sftp(`get ${written('people', 'a')} ${folder}/stolen\n`);
    expect(code).not.toBe(0);
    expect(error).toContain('cannot be masked');
    expect(fs.existsSync(`${folder}/stolen`)).toBe(false);
  });

  test('SH-10: a copy is shown to nobody who may no longer read it', async () => {
    const path = written('people', `${address} `.repeat(20_000));
    const args = [...setup.options, '-l', '500', '-P', String(setup.port), `box@127.0.0.1:${path}`, `${folder}/part`];
    const done = finished(setup.spawn('scp', args), '');
    await until(() => fs.existsSync(`${folder}/part`) && fs.statSync(`${folder}/part`).size > 0, 'data arrive');
    setup.host.opinion = (action) => (action.text.startsWith('read') ? deny() : permit());
    expect((await done).code).not.toBe(0);
    expect(fs.statSync(`${folder}/part`).size).toBeLessThan(200_000);
  });
});

describe('a client that asks as it likes', () => {
  const text = `first ${address} middle ${address} last é`;
  const masked = Buffer.from(shown(text));

  async function opened(path: string, window?: number): Promise<{ files: RawFiles; handle: Buffer }> {
    const files = await RawFiles.start(setup.port, window);
    const answer = await files.ask(packet.open, openFields(path));
    expect(answer.type).toBe(packet.handle);
    return { files, handle: readString(new ByteReader(answer.body, 4)) };
  }

  test('any piece is a piece of the masked text, and behind its end is nothing', async () => {
    const { files, handle } = await opened(written('people', text));
    const places: [bigint, number][] = [];
    for (let offset = 0; offset <= masked.length + 2; offset += 1)
      places.push([BigInt(offset), 1], [BigInt(offset), 7], [BigInt(offset), 0xffffffff]);
    places.push([0n, 0], [1n << 32n, 1], [(1n << 64n) - 1n, 0xffffffff]);
    const asked = places.map(([offset, length]) => files.send(packet.read, readFields(handle, offset, length)));
    for (const [index, [offset, length]] of places.entries()) {
      const answer = await files.answer(asked[index]!);
      const reader = new ByteReader(answer.body, 4);
      const expected = offset > masked.length ? Buffer.alloc(0) : masked.subarray(Number(offset)).subarray(0, length);
      if (expected.length === 0) expect([answer.type, reader.uint32()]).toEqual([packet.status, status.eof]);
      else expect(readString(reader).toString('latin1')).toBe(expected.toString('latin1'));
    }
    files.client.transport.close('done');
  });

  test('a size asked for while it is open is that of what is shown', async () => {
    const path = written('people', text);
    const { files, handle } = await opened(path);
    const sizeOf = async (type: number, name: Buffer): Promise<bigint | undefined> =>
      regularFileSize((await files.ask(type, strings(name))).body.subarray(4));
    const shownSize = BigInt(masked.length);
    expect(await sizeOf(packet.fstat, handle)).toBe(shownSize);
    expect(await sizeOf(packet.stat, Buffer.from(path))).toBe(shownSize);
    expect(await sizeOf(packet.lstat, Buffer.from(path))).toBe(shownSize);
    await files.ask(packet.close, strings(handle));
    expect(await sizeOf(packet.stat, Buffer.from(path))).toBe(BigInt(Buffer.byteLength(text)));
    files.client.transport.close('done');
  });

  test('a handle that is guessed before it is given leads nowhere else', async () => {
    const path = written('people', text);
    const { files, handle } = await opened(path);
    await files.ask(packet.close, strings(handle));
    // The server gives the same handle again.
    const open = files.send(packet.open, openFields(path));
    const reads = [0n, 6n, 9n].map((offset) => files.send(packet.read, readFields(handle, offset, 1000)));
    expect((await files.answer(open)).type).toBe(packet.handle);
    for (const id of reads) {
      expect((await files.answer(id)).body.includes('canary')).toBe(false);
    }
    files.client.transport.close('done');
  });

  test('what changes after it was opened is not shown, and what is closed is gone', async () => {
    const path = written('people', text);
    const { files, handle } = await opened(path);
    fs.writeFileSync(path, 'another text');
    const ids = [0, 1].map(() => files.send(packet.read, readFields(handle, 0n, 1000)));
    const close = files.send(packet.close, strings(handle));
    const late = files.send(packet.read, readFields(handle, 0n, 1000));
    for (const id of ids) expect((await files.answer(id)).body.subarray(8).equals(masked)).toBe(true);
    expect(new ByteReader((await files.answer(close)).body, 4).uint32()).toBe(status.ok);
    expect(new ByteReader((await files.answer(late)).body, 4).uint32()).toBe(status.failure);
    files.client.transport.close('done');
  });

  test('answers are made no faster than they are read', async () => {
    const path = written('people', 'a'.repeat(limit));
    const { files, handle } = await opened(path, 200_000);
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < 5_000; index += 1) files.send(packet.read, readFields(handle, 0n, 60_000));
    await until(() => files.received > 150_000, 'the first answers arrive');
    await new Promise((resolve) => setTimeout(resolve, 200));
    // All at once would be 300 MB.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000);
    files.client.transport.close('done');
  });

  test('many at once are bounded, and what is closed makes room', async () => {
    const path = written('people', 'a'.repeat(limit));
    const { files, handle } = await opened(path);
    const ids = Array.from({ length: 12 }, () => files.send(packet.open, openFields(path)));
    const answers = await Promise.all(ids.map((id) => files.answer(id)));
    expect(answers.map(({ type }) => type)).toEqual([
      ...Array<number>(7).fill(packet.handle),
      ...Array<number>(5).fill(packet.status),
    ]);
    expect(refusalOf(answers[7]!)).toContain('try again later');
    await files.ask(packet.close, strings(handle));
    expect((await files.ask(packet.open, openFields(path))).type).toBe(packet.handle);
    files.client.transport.close('done');
  });
});
