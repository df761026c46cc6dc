import { eventually, RawSocket } from '@sallyport/testing';
import { proves } from '../../proves.js';
import type { SshUnderTest } from '../../servers/ssh-stack.js';

const noSuchResource = 'no such resource, or no permission to connect to it';

export function connections(under: SshUnderTest): void {
  const connections = (): number => under.box.sshd.log().split('Connection from').length - 1;

  proves('ssh', 'connect:permitted', async () => {
    const { username } = under.box.sshd;
    expect(await under.ssh('ci', 'echo in')).toMatchObject({ code: 0, out: 'in\n', error: '' });
    expect(await under.ssh('ci', 'echo in', { user: `${username}+box` })).toMatchObject({ code: 0, out: 'in\n' });
  });

  proves('ssh', 'connect:access-token', async () => {
    const { api, keys } = under.stack;
    const granted = await api.as(undefined).call('POST', '/oauth/token', 'grant_type=client_credentials', {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`ci:${keys['ci']}`).toString('base64')}`,
    });
    const { access_token: token } = granted.body as { access_token: string };
    expect(await under.ssh('ci', 'echo in', { token })).toMatchObject({ code: 0, out: 'in\n' });
  });

  proves('ssh', 'connect:token:wrong', async () => {
    const key = under.stack.keys['ci']!;
    const before = connections();
    for (const token of ['wrong', 'sp_', `${key}x`, key.slice(0, -1), ' ', 'a'.repeat(900)]) {
      const { code, out, error } = await under.ssh('ci', 'echo in', { token });
      expect([token, code, out]).toEqual([token, 255, '']);
      expect(error).toContain('Permission denied');
      expect(error).not.toContain(key.slice(0, 12));
    }
    expect(connections()).toBe(before);
  });

  proves('ssh', 'connect:token:expired', async () => {
    const { api } = under.stack;
    const { key: token } = await api.expect<{ key: string }>('POST', '/v1/service-accounts/ci/keys', {
      expiresInSeconds: 4,
    });
    await eventually('the key works', async () => (await under.ssh('ci', 'true', { token })).code === 0 || undefined);
    await new Promise((resolve) => setTimeout(resolve, 4100));
    expect((await under.ssh('ci', 'true', { token })).code).toBe(255);
    // A token that says of itself that it needs no signature.
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${part({ alg: 'none', typ: 'at+jwt' })}.${part({ sub: 'ServiceAccount::ci', aud: 'sallyport', exp: 9e9 })}.`;
    expect((await under.ssh('ci', 'true', { token: none })).code).toBe(255);
  });

  proves('ssh', 'connect:resource:unknown', async () => {
    const unknown = await under.ssh('ci', 'true', { user: 'warehouse' });
    const forbidden = await under.ssh('ci', 'true', { user: 'off-limits' });
    const stranger = await under.ssh('stranger', 'true');
    const account = await under.ssh('ci', 'true', { user: 'postgres+box' });
    for (const { code, error } of [unknown, forbidden, stranger, account]) {
      expect(code).toBe(255);
      expect(error).toBe(unknown.error);
    }
    expect(unknown.error).toContain(noSuchResource);
  });

  proves('ssh', 'connect:garbage', async () => {
    for (const bytes of [
      'GET / HTTP/1.1\r\n\r\n',
      'SSH-1.5-old\r\n',
      'SSH-2.0-x\r\n\xff\xff\xff\xff\x00',
      'S'.repeat(70_000),
    ]) {
      const socket = await RawSocket.connect(under.stack.sshPort);
      socket.write(Buffer.from(bytes, 'latin1'));
      await socket.readToEnd(5000);
    }
    expect((await under.ssh('ci', 'echo still here')).out).toBe('still here\n');
  });

  proves('ssh', 'connect:target:dead', async () => {
    const { code, error } = await under.ssh('ci', 'true', { user: 'dead' });
    expect(code).toBe(255);
    expect(error).toContain('the target of this resource cannot be reached');
  });

  proves('ssh', 'connect:target:unverified', async () => {
    const { code, error } = await under.ssh('ci', 'true', { user: 'impostor' });
    expect(code).toBe(255);
    expect(error).toContain('the target of this resource cannot be reached');
    // It hears of no credential: nobody gets as far as a login.
    const accepted = (): number => under.box.sshd.log().split('Accepted publickey').length;
    const before = accepted();
    await under.ssh('ci', 'true', { user: 'impostor' });
    expect(accepted()).toBe(before);
  });
}
