import { existsSync } from 'node:fs';
import pg from 'pg';
import { startPostgres } from './index.js';

async function ask(config: pg.ClientConfig, sql: string): Promise<unknown[][]> {
  const client = new pg.Client(config);
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows as unknown[][];
  } finally {
    await client.end();
  }
}

test.each(['15', '18'] as const)(
  'PostgreSQL %s serves its ordinary role and its superuser',
  async (version) => {
    const server = await startPostgres({ version, settings: { log_statement: 'all' } });
    try {
      const whoAmI =
        "select current_user, current_setting('is_superuser'), current_database(), current_setting('server_version_num')";
      const [app] = await ask({ connectionString: server.url }, whoAmI);
      expect(app!.slice(0, 3)).toEqual(['app', 'off', 'shop']);
      expect(app![3]).toMatch(new RegExp(`^${version}`));
      const [admin] = await ask({ connectionString: server.adminUrl }, whoAmI);
      expect(admin!.slice(0, 3)).toEqual(['postgres', 'on', 'shop']);
      await ask({ connectionString: server.url }, 'create table owned (id int)');
      expect(server.log()).toContain('create table owned');
      await expect(ask({ connectionString: server.url.replace(server.password, 'wrong') }, whoAmI)).rejects.toThrow(
        /password/,
      );
    } finally {
      await server.stop();
    }
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  },
  60_000,
);

test('TLS is served under a certificate of the given authority, and of no other', async () => {
  const server = await startPostgres({ tls: true });
  try {
    const { host, port, user, password, database, ca } = server;
    const rows = await ask(
      { host, port, user, password, database, ssl: { ca } },
      'select ssl from pg_stat_ssl where pid = pg_backend_pid()',
    );
    expect(rows).toEqual([[true]]);
    await expect(ask({ host, port, user, password, database, ssl: true }, 'select 1')).rejects.toThrow(/certificate/);
  } finally {
    await server.stop();
  }
}, 60_000);

test('servers started together are separate', async () => {
  const servers = await Promise.all([startPostgres(), startPostgres({ maxConnections: 7 })]);
  try {
    expect(servers[0].port).not.toBe(servers[1].port);
    expect(await ask({ connectionString: servers[1].url }, 'show max_connections')).toEqual([['7']]);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  expect(servers.some((server) => existsSync(`/proc/${server.pid}`))).toBe(false);
}, 60_000);
