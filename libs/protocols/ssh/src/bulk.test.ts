import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { permit } from './testing/testing-host.js';
import { bindingOf, TestingSetup } from './testing/testing-setup.js';

const content = randomBytes(12_000_001);

/** Where bytes begin to differ, or how many there are too few or too many; undefined when nothing is wrong. */
function difference(got: Buffer, wanted: Buffer): string | undefined {
  if (got.equals(wanted)) return undefined;
  const at = got.findIndex((byte, index) => byte !== wanted[index]);
  return `${got.length} bytes of ${wanted.length}, wrong from ${at}`;
}

describe.each(['aes128-gcm@openssh.com', 'aes256-ctr'])('much data, %s towards the target', (cipher) => {
  let setup: TestingSetup;
  let file: string;

  // The keys of both connections change on the way, at different moments.
  const before = ['-o', 'RekeyLimit=3M'];
  beforeAll(async () => {
    setup = await TestingSetup.start([`Ciphers ${cipher}`, 'RekeyLimit 2M']);
    file = path.join(setup.folder, 'content');
    fs.writeFileSync(file, content);
  });
  afterAll(() => setup.stop());
  beforeEach(() => setup.reset());

  test.each(['aes128-gcm@openssh.com', 'aes128-ctr'])(
    'comes down as it was, and as it was recorded, %s',
    async (own) => {
      const { code, bytes } = await setup.ssh([`cat ${file}`], { before: [...before, '-c', own] });
      expect(code).toBe(0);
      expect(difference(bytes, content)).toBeUndefined();
      expect(difference(Buffer.concat(setup.host.responses), content)).toBeUndefined();
    },
  );

  test('goes up and comes back as it was', async () => {
    const { code, bytes } = await setup.ssh(['cat'], { input: content, before });
    expect(code).toBe(0);
    expect(difference(bytes, content)).toBeUndefined();
    expect(difference(Buffer.concat(setup.host.requests), content)).toBeUndefined();
  });

  test('is masked although its pieces are in memory that is used again', async () => {
    const lines = Array.from({ length: 50_000 }, (_, serial) => `<user${serial}@example.com> is number ${serial}\n`);
    fs.writeFileSync(`${file}.text`, lines.join(''));
    const field = { kind: 'Field', resource: 'box', path: 'detector:email' } as const;
    setup.host.bindings.set('box', {
      ...bindingOf(setup.sshd),
      fields: [{ field, tags: ['pii'], mask: 'redact', by: { detector: 'email' }, in: 'response' }],
    });
    setup.host.opinion = (action) =>
      action.kind === 'exec' ? permit([{ kind: 'maskField', field, method: 'redact' }]) : permit();
    const { code, out } = await setup.ssh([`cat ${file}.text`], { before });
    expect(code).toBe(0);
    expect(out).not.toContain('@example.com');
    // All but what was masked, line by line.
    expect(
      out.replace(/^.*(?= is number )/gm, '') === lines.map((_, serial) => ` is number ${serial}\n`).join(''),
    ).toBe(true);
  });
});
