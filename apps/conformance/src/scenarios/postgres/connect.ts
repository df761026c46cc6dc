import { connect as connectTls } from 'node:tls';
import { eventually, FaultProxy, issueServerCertificate, makeAuthority, RawSocket } from '@sallyport/testing';
import { psql } from '../../clients/psql.js';
import {
  errorOf,
  fields,
  int32,
  message,
  query,
  RawPostgres,
  sslRequest,
  startup,
  zero,
} from '../../clients/raw-postgres.js';
import { proves } from '../../proves.js';
import { shopManifests } from '../../servers/shop.js';
import type { StackUnderTest } from '../../servers/use-stack.js';

export function connections(under: StackUnderTest): void {
  proves('postgres', 'connect:permitted', async () => {
    const result = await psql(under.psql('ci'), 'SELECT count(*) FROM orders');
    expect(result).toMatchObject({ code: 0, stdout: '50\n', stderr: '' });
  });

  proves('postgres', 'connect:access-token', async () => {
    const { api, keys } = under.stack;
    const form = 'grant_type=client_credentials';
    const granted = await api.as(undefined).call('POST', '/oauth/token', form, {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`ci:${keys.ci}`).toString('base64')}`,
    });
    expect(granted.status).toBe(200);
    const token = (granted.body as { access_token: string }).access_token;
    expect(await psql(under.psql('ci', { token }), 'SELECT 1')).toMatchObject({ code: 0, stdout: '1\n' });
  });

  proves('postgres', 'connect:token:wrong', async () => {
    const before = under.targetLog.length;
    for (const token of [
      'wrong',
      'sp_',
      `${under.stack.keys.ci}x`,
      under.stack.keys.ci.slice(0, -1),
      ' ',
      'a'.repeat(9000),
    ]) {
      const result = await psql(under.psql('ci', { token }), 'SELECT 1');
      expect(result).toMatchObject({ code: 2, stdout: '' });
      expect(result.stderr).toContain('FATAL');
      expect(result.stderr).not.toContain(under.stack.keys.ci.slice(0, 12));
    }
    expect(under.targetLog.slice(before)).toBe('');
  });

  proves('postgres', 'connect:token:expired', async () => {
    const { api } = under.stack;
    const made = await api.expect<{ key: string }>('POST', '/v1/service-accounts/ci/keys', {
      expiresInSeconds: 4,
    });
    await eventually('the key works', async () => {
      return (await psql(under.psql('ci', { token: made.key }), 'SELECT 1')).code === 0 || undefined;
    });
    await new Promise((resolve) => setTimeout(resolve, 4100));
    const expired = await psql(under.psql('ci', { token: made.key }), 'SELECT 1');
    expect(expired).toMatchObject({ code: 2, stdout: '' });
    // A token that says of itself that it needs no signature.
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const none = `${part({ alg: 'none', typ: 'at+jwt' })}.${part({ sub: 'ServiceAccount::ci', aud: 'sallyport', exp: 9e9 })}.`;
    expect(await psql(under.psql('ci', { token: none }), 'SELECT 1')).toMatchObject({ code: 2, stdout: '' });
  });

  proves('postgres', 'connect:resource:unknown', async () => {
    const unknown = await psql(under.psql('ci', { resource: 'warehouse' }), 'SELECT 1');
    const forbidden = await psql(under.psql('stranger'), 'SELECT 1');
    expect([unknown.code, forbidden.code]).toEqual([2, 2]);
    const words = (text: string): string => /FATAL: .*/.exec(text)![0].replace(/warehouse|shop/g, 'R');
    expect(words(unknown.stderr)).toBe(words(forbidden.stderr));
  });

  proves('postgres', 'connect:plain:refused', async () => {
    const result = await psql(under.psql('ci', { sslmode: 'disable' }), 'SELECT 1');
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('TLS');
    const socket = await RawSocket.connect(under.stack.gatewayPort);
    socket.write(startup({ user: 'anyone', database: 'shop' }));
    const answer = await socket.readToEnd();
    expect(answer.subarray(0, 1).toString()).toBe('E');
    expect(answer.includes('28000')).toBe(true);
  });

  proves('postgres', 'connect:tls:stuffed', async () => {
    const socket = await RawSocket.connect(under.stack.gatewayPort);
    socket.write(Buffer.concat([sslRequest, startup({ user: 'anyone', database: 'shop' })]));
    const answer = await socket.readToEnd();
    expect(answer.includes('AuthenticationCleartextPassword') || answer.subarray(0, 1).toString() === 'R').toBe(false);
  });

  proves('postgres', 'connect:tls:direct', async () => {
    const { gatewayPort: port, ca } = under.stack;
    const direct = (ALPNProtocols: string[]): Promise<string> =>
      new Promise((resolve) => {
        const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost', ALPNProtocols });
        socket.on('error', () => resolve('refused'));
        socket.on('close', () => resolve('refused'));
        socket.on('secureConnect', () => socket.write(startup({ user: 'anyone', database: 'shop' })));
        socket.on('data', (bytes: Buffer) => {
          // Where no protocol was offered the handshake cannot fail, so the refusal comes behind it.
          resolve(bytes[0] === 0x45 ? 'refused' : bytes.toString('latin1', 0, 1));
          socket.destroy();
        });
      });
    expect(await direct(['postgresql'])).toBe('R');
    expect(await direct(['http/1.1'])).toBe('refused');
    expect(await direct([])).toBe('refused');
  });

  proves('postgres', 'connect:parameters:refused', async () => {
    for (const options of [
      '-c role=postgres',
      '-c session_preload_libraries=x',
      '-c standard_conforming_strings=off',
      '-c search_path=secret',
      '-c=',
    ]) {
      const result = await psql(under.psql('ci', { env: { PGOPTIONS: options } }), 'SELECT 1');
      expect([options, result.code]).toEqual([options, 2]);
    }
    const sjis = await psql(under.psql('ci', { env: { PGCLIENTENCODING: 'SJIS' } }), 'SELECT 1');
    expect(sjis.code).toBe(2);
    const named = await psql(under.psql('ci', { env: { PGAPPNAME: 'nightly', PGTZ: 'Asia/Tokyo' } }), 'SHOW TimeZone');
    expect(named).toMatchObject({ code: 0, stdout: 'Asia/Tokyo\n' });
  });

  proves('postgres', 'connect:replication:refused', async () => {
    for (const replication of ['true', 'database']) {
      const client = await RawPostgres.secure(under.stack.gatewayPort, under.stack.ca);
      client.send(startup({ user: 'anyone', database: 'shop', replication }));
      const answer = await client.next();
      expect([answer.type, fields(answer)['C']]).toEqual(['E', '0A000']);
    }
  });

  proves('postgres', 'connect:version:negotiated', async () => {
    const newer = await RawPostgres.secure(under.stack.gatewayPort, under.stack.ca);
    newer.send(startup({ user: 'anyone', database: 'shop', '_pq_.new_thing': '1' }, 0x30063));
    const answer = await newer.next();
    expect(answer.type).toBe('v');
    expect(answer.body.readInt32BE(0) & 0xffff).toBe(2);
    expect(answer.body.includes('_pq_.new_thing')).toBe(true);
    newer.close();
    for (const major of [0x20000, 0x40000]) {
      const other = await RawPostgres.secure(under.stack.gatewayPort, under.stack.ca);
      other.send(startup({ user: 'anyone', database: 'shop' }, major));
      expect(fields(await other.next())['C']).toBe('0A000');
    }
  });

  proves('postgres', 'connect:garbage', async () => {
    const port = under.stack.gatewayPort;
    const hostile: Buffer[] = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.concat([int32(0x7fffffff), int32(0x30000)]),
      Buffer.concat([int32(-1), int32(0x30000)]),
      Buffer.concat([int32(3)]),
      Buffer.alloc(64),
    ];
    for (const bytes of hostile) {
      const socket = await RawSocket.connect(port);
      socket.write(bytes);
      await socket.readToEnd();
    }
    // Another startup where the password belongs: the identity is fixed by the first.
    const twice = await RawPostgres.secure(port, under.stack.ca);
    twice.send(startup({ user: 'anyone', database: 'shop' }));
    expect((await twice.next()).type).toBe('R');
    twice.send(query('SELECT 1'));
    expect(fields(await twice.next())['S']).toBe('FATAL');
    const unterminated = await RawPostgres.secure(port, under.stack.ca);
    unterminated.send(startup({ user: 'anyone', database: 'shop' }));
    await unterminated.next();
    unterminated.send(message('p', `${under.stack.keys.ci}`, zero, 'more'));
    expect(fields(await unterminated.next())['S']).toBe('FATAL');
    expect(await psql(under.psql('ci'), 'SELECT 1')).toMatchObject({ code: 0, stdout: '1\n' });
  });

  proves('postgres', 'connect:target:dead', async () => {
    const { api, target } = under.stack;
    const proxy = await FaultProxy.start({ host: target.host, port: target.port });
    const port = proxy.port;
    await proxy.stop();
    await api.expect('PUT', '/v1/manifests', shopManifests({ ...target, port }, 'verify-full'));
    try {
      const result = await eventually('the gateway knows the new address', async () => {
        const tried = await psql(under.psql('ci'), 'SELECT 1');
        return tried.code === 2 && !tried.stderr.includes('has moved') ? tried : undefined;
      });
      expect(result.code).toBe(2);
      expect(result.stderr).toMatch(/FATAL: .*cannot be reached/);
      expect(result.stderr).not.toContain(target.password);
    } finally {
      await api.expect('PUT', '/v1/manifests', shopManifests(target, 'verify-full'));
      await eventually(
        'the target is back',
        async () => (await psql(under.psql('ci'), 'SELECT 1')).code === 0 || undefined,
      );
    }
  });

  proves('postgres', 'connect:target:unverified', async () => {
    const { api, target } = under.stack;
    const stranger = await makeAuthority('Somebody Else');
    await issueServerCertificate(stranger, ['localhost']);
    const before = under.targetLog.length;
    await api.expect('PUT', '/v1/manifests', shopManifests({ ...target, ca: stranger.certificate }, 'verify-full'));
    try {
      const result = await eventually('the gateway knows the other authority', async () => {
        const tried = await psql(under.psql('ci'), 'SELECT 1');
        return tried.code === 2 && !tried.stderr.includes('has moved') ? tried : undefined;
      });
      expect(result.stdout).toBe('');
      expect(result.stderr).toContain('cannot be reached');
      expect(await psql(under.psql('ci'), 'SELECT 4711')).toMatchObject({ code: 2, stdout: '' });
      expect(under.targetLog.slice(before)).not.toContain('4711');
    } finally {
      await api.expect('PUT', '/v1/manifests', shopManifests(target, 'verify-full'));
      await eventually(
        'the target is back',
        async () => (await psql(under.psql('ci'), 'SELECT 1')).code === 0 || undefined,
      );
    }
  });

  test('a refusal tells the decision to a raw client', async () => {
    const client = await under.raw('ci');
    const refused = errorOf(await client.query('DROP TABLE orders'));
    expect(refused).toMatchObject({ S: 'ERROR', C: '42501' });
    expect(refused['D']).toMatch(/^decision /);
    client.close();
  });
}
