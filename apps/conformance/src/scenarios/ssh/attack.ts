import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evasions, eventually } from '@sallyport/testing';
import type { SshUnderTest } from '../../servers/ssh-stack.js';

const atOnce = 8;
const refused = 126;

export function attacks(under: SshUnderTest): void {
  const arrived = (): string => {
    const file = join(under.box.folder, 'arrived');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  };

  test('SH-06: of what looks like one plain command and is more, nothing arrives, under a rule that permits every plain one', async () => {
    const path = join(under.home, 'evasions');
    const before = ['-o', `ControlPath=${path}`];
    const trapped = { user: 'trap', before };
    const master = under.run('literal', [], { before: [...before, '-l', 'trap', '-M', '-N'], stdin: 'open' });
    await eventually('the shared connection', () => Promise.resolve(existsSync(path) || undefined));
    // What is plain does arrive, so the rule permits something.
    expect((await under.ssh('literal', 'ls -l "/srv/a b"', trapped)).code).toBe(0);
    expect(arrived()).toBe('ls -l "/srv/a b"\n');
    const waiting = Object.values(evasions).flat();
    const permitted: (string | number | null)[][] = [];
    const work = async (): Promise<void> => {
      for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
        // An argument of a program ends at NUL: such a text is sent by other tests, byte by byte.
        if (text === '' || text.includes('\0')) continue;
        const { code } = await under.ssh('literal', text, trapped);
        if (code !== refused && code !== 255) permitted.push([text, code]);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    expect(arrived()).toBe('ls -l "/srv/a b"\n');
    expect(permitted).toEqual([]);
    master.kill();
    await master.done();
  }, 120_000);

  test('SH-07: rules for commands open no shell: each line of the one that there is instead is judged by itself', async () => {
    const marker = under.marker();
    const lines = [
      'echo one',
      `touch ${marker} ; echo two`,
      'rm x',
      `echo $(touch ${marker})`,
      'sh',
      `!touch ${marker}`,
    ];
    const { out, error } = await under.as('ci').ssh([], { input: `${lines.join('\n')}\necho last\n` });
    expect(error).toContain('blocked by access policy');
    expect(out).toBe('one\nlast\n');
    expect(under.exists(marker)).toBe(false);
  }, 30_000);

  test('SH-13, SH-23: a name is a name: it starts nothing at the gateway, which runs no programs at all', async () => {
    const marker = under.marker();
    for (const user of [
      `-oProxyCommand=touch\${IFS}${marker}+box`,
      `$(touch ${marker})+box`,
      `root;touch ${marker}+box`,
      '%u+box',
    ]) {
      const { code } = await under.ssh('ci', 'true', { before: ['-o', `User=${user}`] });
      expect([user, code]).toEqual([user, 255]);
    }
    const client = under.run('ci', ['cat'], { stdin: 'open' });
    client.child.stdin.write('up\n');
    await client.says('up');
    const { pid } = under.stack.gateway;
    const status = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    expect(status.trim()).toBe('');
    client.child.stdin.end();
    await client.done();
    expect(under.exists(marker)).toBe(false);
  }, 30_000);

  test('SH-02, SH-04: what policy does not name is not forwarded, and agents and displays never are', async () => {
    const ci = under.as('ci');
    const through = async (where: string): Promise<string> =>
      (await ci.ssh([], { before: ['-W', where], input: 'ping' })).out;
    const { echoPort } = under.box;
    expect(await through(`127.0.0.1:${echoPort}`)).toBe('ping');
    for (const where of [`127.1:${echoPort}`, `0.0.0.0:${echoPort}`, `[::1]:${echoPort}`, `localhost:${echoPort}`]) {
      expect([where, await through(where)]).toEqual([where, '']);
    }
    expect(await through(`127.0.0.1:${under.stack.healthPort}`)).toBe('');
    const gatewayApi = Number(new URL(under.stack.api.url).port);
    expect((await under.as('operator').ssh([], { before: ['-W', `127.0.0.1:${gatewayApi}`], input: 'x' })).code).toBe(
      255,
    );
    const before = ['-o', 'ForwardAgent=yes', '-o', 'ForwardX11=yes', '-o', 'ForwardX11Trusted=yes'];
    expect((await under.ssh('operator', 'echo "[$SSH_AUTH_SOCK$DISPLAY]"', { before })).out).toBe('[]\n');
  }, 30_000);
}
