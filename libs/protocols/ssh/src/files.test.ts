import fs from 'node:fs';
import { deny, permit, permitAll } from './testing/testing-host.js';
import { finished, TestingSetup, type Finished } from './testing/testing-setup.js';

let setup: TestingSetup;
let folder: string;

beforeAll(async () => {
  setup = await TestingSetup.start();
  folder = fs.realpathSync(setup.folder);
});
afterAll(() => setup.stop());
beforeEach(() => {
  const { host } = setup;
  host.opinion = permitAll;
  for (const list of [host.decisions, host.outcomes, host.notes, host.sessions]) list.length = 0;
});

function sftp(batch: string): Promise<Finished> {
  const child = setup.spawn('sftp', [
    ...setup.options,
    '-o',
    'BatchMode=no',
    '-P',
    String(setup.port),
    '-b',
    '-',
    'box@127.0.0.1',
  ]);
  return finished(child, batch);
}

test('files go both ways, each operation judged with its real path', async () => {
  fs.writeFileSync(`${folder}/source`, 'x'.repeat(300_000));
  const { code, error } = await sftp(`put ${folder}/source ${folder}/copy\nget ${folder}/copy ${folder}/back\n`);
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(fs.readFileSync(`${folder}/back`, 'utf8')).toBe('x'.repeat(300_000));
  expect(setup.host.executed()).toEqual(expect.arrayContaining([`write ${folder}/copy`, `read ${folder}/copy`]));
});
