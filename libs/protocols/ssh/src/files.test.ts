import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type { Action } from '@sallyport/domain';
import { finished } from '@sallyport/testing';
import { ByteReader, ByteWriter } from '@sallyport/wire-kit';
import { frame, numbered, packet, PacketStream, status, strings, type Packet } from './channels/files/packets.js';
import { channelData, channelOpen, channelRequest, readMessage } from './connection/messages.js';
import { RawClient } from './testing/raw-client.js';
import { deny, hold, permit, type Opinion } from './testing/testing-host.js';
import { TestingSetup, until } from './testing/testing-setup.js';

let setup: TestingSetup;
let folder: string;

beforeAll(async () => {
  setup = await TestingSetup.start();
});
afterAll(() => setup.stop());
beforeEach(() => {
  setup.reset();
  folder = fs.mkdtempSync(`${fs.realpathSync(setup.folder)}/files-`);
});

function facts(action: Action): Record<string, unknown> {
  return action.context['ssh'] as Record<string, unknown>;
}

/** Policy about file operations; the rest goes through. */
function operations(opinion: Opinion): Opinion {
  return (action) => (action.effects.some(({ verb }) => verb.startsWith('sftp')) ? opinion(action) : permit());
}

test('files go both ways, each operation judged with its real path, each content noted with its digest', async () => {
  const content = Buffer.alloc(700_000, 'Sallyport');
  fs.writeFileSync(`${folder}/source`, content);
  const { code, error } = await setup.sftp(`put ${folder}/source ${folder}/copy\nget ${folder}/copy ${folder}/back\n`);
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(fs.readFileSync(`${folder}/back`).equals(content)).toBe(true);
  expect(setup.host.executed()).toEqual(expect.arrayContaining([`write ${folder}/copy`, `read ${folder}/copy`]));
  const sha256 = createHash('sha256').update(content).digest('hex');
  const noted = setup.host.notes.filter(({ name }) => name === 'file').map(({ detail }) => detail);
  expect(noted).toEqual([
    expect.objectContaining({ path: `${folder}/copy`, direction: 'upload', bytes: content.length, sha256 }),
    expect.objectContaining({ path: `${folder}/copy`, direction: 'download', bytes: content.length, sha256 }),
  ]);
});

test('scp copies through the subsystem', async () => {
  fs.writeFileSync(`${folder}/a`, 'by scp');
  expect((await setup.scp(`${folder}/a`, `box@127.0.0.1:${folder}/b`)).code).toBe(0);
  expect((await setup.scp('-p', `box@127.0.0.1:${folder}/b`, `${folder}/c`)).code).toBe(0);
  expect(fs.readFileSync(`${folder}/c`, 'utf8')).toBe('by scp');
});

test('SH-01: scp in its old way is a command', async () => {
  setup.host.opinion = (action) => (action.effects.some(({ verb }) => verb === 'exec') ? deny() : permit());
  fs.writeFileSync(`${folder}/a`, 'by scp');
  expect((await setup.scp('-O', `${folder}/a`, `box@127.0.0.1:${folder}/b`)).code).not.toBe(0);
  expect(fs.existsSync(`${folder}/b`)).toBe(false);
});

test('scp and rsync in their old way copy a file that is named like an interpreter', async () => {
  fs.mkdirSync(`${folder}/far`);
  fs.writeFileSync(`${folder}/mail`, 'by scp');
  expect(await setup.scp('-O', `${folder}/mail`, `box@127.0.0.1:${folder}/far/mail`)).toMatchObject({ code: 0 });
  expect(await setup.scp('-O', `box@127.0.0.1:${folder}/far/ma*l`, `${folder}/back`)).toMatchObject({ code: 0 });
  expect(fs.readFileSync(`${folder}/back`, 'utf8')).toBe('by scp');
  const rsh = `ssh ${setup.options.join(' ')} -p ${setup.port}`;
  const rsync = (...args: string[]): ReturnType<typeof finished> =>
    finished(setup.spawn('rsync', ['--ignore-times', '-e', rsh, ...args]), '');
  fs.writeFileSync(`${folder}/mail`, 'by rsync');
  expect(await rsync(`${folder}/mail`, `box@127.0.0.1:${folder}/far/mail`)).toMatchObject({ code: 0 });
  expect(await rsync(`box@127.0.0.1:${folder}/far/mail`, `${folder}/back`)).toMatchObject({ code: 0 });
  expect(fs.readFileSync(`${folder}/back`, 'utf8')).toBe('by rsync');
});

test('folders are listed, made, renamed and removed', async () => {
  const batch = [`mkdir ${folder}/new`, `rename ${folder}/new ${folder}/old`, `ls ${folder}`, `rmdir ${folder}/old`];
  const { code, out } = await setup.sftp(`${batch.join('\n')}\n`);
  expect(code).toBe(0);
  expect(out).toContain(`${folder}/old`);
  expect(fs.existsSync(`${folder}/old`)).toBe(false);
  const done = setup.host.executed();
  expect(done).toEqual(
    expect.arrayContaining([
      `mkdir ${folder}/new`,
      `rename ${folder}/new ${folder}/old`,
      `rename ${folder}/old ${folder}/new`,
      `rmdir ${folder}/old`,
    ]),
  );
});

describe('paths', () => {
  const inside: Opinion = operations((action) =>
    String(facts(action)['path']).startsWith(`${folder}/open/`) || facts(action)['path'] === `${folder}/open`
      ? permit()
      : deny('outside'),
  );

  beforeEach(() => {
    fs.mkdirSync(`${folder}/open`);
    fs.mkdirSync(`${folder}/secret`);
    fs.writeFileSync(`${folder}/secret/key`, 'top secret');
    fs.symlinkSync(`${folder}/secret/key`, `${folder}/open/link`);
    fs.symlinkSync(`${folder}/secret`, `${folder}/open/folder`);
    fs.symlinkSync(`${folder}/secret/new`, `${folder}/open/nowhere`);
    setup.host.opinion = inside;
  });

  test.each([
    'secret/key',
    'open/../secret/key',
    'open/./../secret//key',
    'open/link',
    'open/folder/key',
    'open/folder/../secret/key',
  ])('SH-19: reading %s is judged as what it is', async (path) => {
    const { code } = await setup.sftp(`get ${folder}/${path} ${folder}/stolen\n`);
    expect(code).not.toBe(0);
    expect(fs.existsSync(`${folder}/stolen`)).toBe(false);
    expect(setup.host.executed().some((text) => text.startsWith('read '))).toBe(false);
  });

  test.each(['open/nowhere', 'open/folder/new', 'open/../secret/new'])(
    'SH-19: writing %s is judged as what it is',
    async (path) => {
      fs.writeFileSync(`${folder}/open/mine`, 'mine');
      const { code } = await setup.sftp(`put ${folder}/open/mine ${folder}/${path}\n`);
      expect(code).not.toBe(0);
      expect(fs.readdirSync(`${folder}/secret`)).toEqual(['key']);
    },
  );

  test('SH-19: what is inside works, by any of its names', async () => {
    fs.writeFileSync(`${folder}/open/mine`, 'mine');
    const { code } = await setup.sftp(`cd ${folder}/open\nget ../open/mine ${folder}/got\nput ${folder}/got new\n`);
    expect(code).toBe(0);
    expect(fs.readFileSync(`${folder}/open/new`, 'utf8')).toBe('mine');
  });

  test('SH-19: nothing is moved out, and nothing in', async () => {
    fs.writeFileSync(`${folder}/open/mine`, 'mine');
    expect((await setup.sftp(`rename ${folder}/open/mine ${folder}/secret/mine\n`)).code).not.toBe(0);
    expect((await setup.sftp(`rename ${folder}/secret/key ${folder}/open/key\n`)).code).not.toBe(0);
    expect(fs.readdirSync(`${folder}/secret`)).toEqual(['key']);
    expect(fs.existsSync(`${folder}/open/mine`)).toBe(true);
  });

  test('SH-19: a link of one’s own leads nowhere else', async () => {
    const batch = `symlink ${folder}/secret/key ${folder}/open/mine\nget ${folder}/open/mine ${folder}/stolen\n`;
    expect((await setup.sftp(batch)).code).not.toBe(0);
    expect(setup.host.executed()).toContain(`symlink ${folder}/open/mine ${folder}/secret/key`);
    expect(fs.existsSync(`${folder}/stolen`)).toBe(false);
  });

  test('SH-19: a refusal says why', async () => {
    const { error } = await setup.sftp(`rm ${folder}/secret/key\n`);
    expect(error).toContain('blocked by access policy: outside');
    expect(fs.existsSync(`${folder}/secret/key`)).toBe(true);
  });
});

test('SH-19: reading and writing are permissions of their own', async () => {
  setup.host.opinion = (action) => (action.effects.some(({ verb }) => verb === 'sftpWrite') ? deny() : permit());
  fs.writeFileSync(`${folder}/a`, 'a');
  const { code } = await setup.sftp(`get ${folder}/a ${folder}/b\nput ${folder}/b ${folder}/c\n`);
  expect(code).not.toBe(0);
  expect(fs.existsSync(`${folder}/b`)).toBe(true);
  expect(fs.existsSync(`${folder}/c`)).toBe(false);
  expect((await setup.sftp(`chmod 777 ${folder}/a\n`)).code).not.toBe(0);
});

test('SH-19: extensions are neither offered nor understood', async () => {
  const { code, error } = await setup.sftp(`df ${folder}\n`);
  expect(code).not.toBe(0);
  expect(error).toContain('does not support statvfs@openssh.com');
  fs.writeFileSync(`${folder}/a`, 'a');
  expect((await setup.sftp(`ln ${folder}/a ${folder}/b\n`)).code).not.toBe(0);
  expect(fs.existsSync(`${folder}/b`)).toBe(false);
});

test('a held operation waits, and the others behind it', async () => {
  setup.host.opinion = operations((action) => (facts(action)['operation'] === 'write' ? hold() : permit()));
  fs.writeFileSync(`${folder}/a`, 'held');
  const running = setup.sftp(`put ${folder}/a ${folder}/b\n`);
  const { action } = await setup.host.approvals.pending();
  expect(action.text).toBe(`write ${folder}/b`);
  expect(fs.existsSync(`${folder}/b`)).toBe(false);
  await setup.host.approvals.decide({ state: 'approved' });
  expect((await running).code).toBe(0);
  expect(fs.readFileSync(`${folder}/b`, 'utf8')).toBe('held');
});

test('SH-10: an open file is closed to whoever may no longer read it', async () => {
  fs.writeFileSync(`${folder}/big`, Buffer.alloc(80_000_000));
  const args = [
    ...setup.options,
    '-l',
    '16000',
    '-P',
    String(setup.port),
    `box@127.0.0.1:${folder}/big`,
    `${folder}/part`,
  ];
  const done = finished(setup.spawn('scp', args), '');
  await until(() => fs.existsSync(`${folder}/part`) && fs.statSync(`${folder}/part`).size > 0, 'data arrive');
  setup.host.opinion = operations(() => deny());
  expect((await done).code).not.toBe(0);
  expect(fs.statSync(`${folder}/part`).size).toBeLessThan(80_000_000);
});

test('SH-19: what was approved for one file is not done to another that took its place', async () => {
  setup.host.opinion = operations((action) => (facts(action)['operation'] === 'read' ? hold() : permit()));
  fs.writeFileSync(`${folder}/a`, 'harmless');
  fs.writeFileSync(`${folder}/secret`, 'top secret');
  const running = setup.sftp(`get ${folder}/a ${folder}/stolen\n`);
  expect((await setup.host.approvals.pending()).action.text).toBe(`read ${folder}/a`);
  fs.rmSync(`${folder}/a`);
  fs.symlinkSync(`${folder}/secret`, `${folder}/a`);
  await setup.host.approvals.decide({ state: 'approved' });
  expect((await running).code).not.toBe(0);
  expect(fs.existsSync(`${folder}/stolen`)).toBe(false);
});

test('SH-19: what was opened to be read is not written to, and the other way round', async () => {
  fs.writeFileSync(`${folder}/a`, 'a');
  const client = await RawClient.login(setup.port);
  client.send(channelOpen('session', { sender: 0, window: 1 << 20, maxPacket: 32768 }, Buffer.alloc(0)));
  const { sender } = await client.message('opened');
  client.send(channelRequest(sender, 'subsystem', true, strings('sftp')));
  const ask = async (bytes: Buffer): Promise<Packet> => {
    client.received.length = 0;
    client.send(channelData(sender, bytes, false));
    const stream = new PacketStream();
    const { data } = readMessage(await client.until((one) => readMessage(one)?.kind === 'data')) as { data: Buffer };
    stream.push(data);
    return stream.next()!;
  };
  const word = (...values: number[]): Buffer =>
    values.reduce((writer, value) => writer.uint32(value), new ByteWriter()).finish();
  await ask(frame(packet.init, word(3)));
  for (const [flags, type, rest] of [
    [1, packet.write, Buffer.concat([word(0, 0), strings('evil')])],
    [2, packet.read, word(0, 0, 10)],
    [2, packet.readdir, Buffer.alloc(0)],
  ] as const) {
    const opened = await ask(numbered(packet.open, 1, Buffer.concat([strings(`${folder}/a`), word(flags, 0)])));
    expect(opened.type).toBe(packet.handle);
    const answer = await ask(numbered(type, 2, Buffer.concat([opened.body.subarray(4), rest])));
    expect([answer.type, new ByteReader(answer.body, 4).uint32()]).toEqual([packet.status, status.denied]);
  }
  client.transport.close('done');
});
