import type { HttpStack } from '../../servers/http-stack.js';
import { badLines, smugglingCases } from '../../servers/http-smuggling.js';

/** For one test, on a machine that has other things to do. */
const patienceMs = 30_000;

export function smuggling(under: HttpStack): void {
  const fixed = (): string => `Host: localhost\r\nAuthorization: Bearer ${under.keys.ci}\r\n`;
  const marker = (resource: string): string =>
    `GET /http/${resource}/public/after HTTP/1.1\r\n${fixed()}Connection: close\r\n\r\n`;

  /** Everything that the services were asked for since, in order. */
  function reached(resource: 'open' | 'edge', nginxBefore: number): string[] {
    if (resource === 'edge') return under.nginx.requests().slice(nginxBefore);
    return under.origin.requests.map(({ method, target }) => `${method} ${target.replace(/^\/v1/, '')}`);
  }

  for (const resource of ['open', 'edge'] as const) {
    const rows = smugglingCases.map((each) => [`HT-01: at ${resource}, ${each.name}`, each] as const);
    // The nginx of a resource answers any body, so the two services see the same corpus.
    test.each(rows)('%s', async (title, { fields, body = '', method = 'POST', valid }) => {
      // A name of its own: a request that broke off may arrive when the next test has begun.
      const path = `/echo/${rows.findIndex(([each]) => each === title)}`;
      under.origin.forget();
      const before = under.nginx.requests().length;
      const client = await under.raw();
      client.send(`${method} /http/${resource}${path} HTTP/1.1\r\n${fixed()}${fields}\r\n${body}`);
      client.send(marker(resource));
      // The answer to HEAD has no body, so a plain reader takes all for one text.
      const answers = method === 'HEAD' ? [] : await client.answers(3000);
      if (method === 'HEAD') await client.socket.readToEnd(3000);
      client.close();
      const all = reached(resource, before);
      const seen = all.filter((line) => line.endsWith(path) || !line.startsWith('POST /echo'));
      // Whatever it was: nobody got to what nobody permitted, and nothing was seen that was not sent as a request.
      expect(all.filter((line) => /admin/.test(line))).toEqual([]);
      expect(JSON.stringify(answers)).not.toContain('nginx keeps it');
      if (valid === undefined) {
        // At most a request that breaks off, and never anything behind it.
        expect([answers.length <= 1, answers[0]?.status ?? 400]).toEqual([true, expect.any(Number)]);
        expect(answers[0]?.status ?? 400).toBeGreaterThanOrEqual(400);
        expect([[], [`${method} ${path}`]]).toContainEqual(seen);
        expect(under.origin.requests.filter(({ whole, target }) => whole && target.endsWith(path))).toEqual([]);
      } else {
        expect(seen).toEqual([`${method} ${path}`, 'GET /public/after']);
        if (resource === 'open')
          expect(under.origin.requests.find(({ target }) => target.endsWith(path))!.body).toBe(valid);
      }
    });
  }

  test(
    'HT-01: a request line that is none ends the connection, and nothing behind it is read',
    async () => {
      under.origin.forget();
      for (const line of badLines) {
        const client = await under.raw();
        client.send(`${line}\r\n${fixed()}\r\n`);
        client.send(marker('open'));
        const answers = await client.answers(1500);
        client.close();
        expect([line, answers.length <= 1, answers[0]?.status ?? 400]).toEqual([line, true, expect.any(Number)]);
        expect(answers[0]?.status ?? 400).toBeGreaterThanOrEqual(400);
      }
      expect(under.origin.requests).toEqual([]);
    },
    patienceMs,
  );

  test(
    'HT-01: requests of one piece are answered in order, one connection of the target serves one client',
    async () => {
      under.origin.forget();
      const [one, two] = [await under.raw(), await under.raw()];
      const get = (path: string): string => `GET /http/open/public/${path} HTTP/1.1\r\n${fixed()}\r\n`;
      one.send(get('1') + get('2') + get('3'));
      two.send(get('4'));
      for (let index = 0; index < 3; index += 1) expect((await one.answer()).status).toBe(200);
      expect((await two.answer()).status).toBe(200);
      const mine = under.origin.requests.filter(({ target }) => !target.endsWith('4'));
      expect(mine.map(({ target }) => target.at(-1))).toEqual(['1', '2', '3']);
      const other = under.origin.requests.find(({ target }) => target.endsWith('4'))!.connection;
      expect(mine.map(({ connection }) => connection)).not.toContain(other);
      one.close();
      two.close();
    },
    patienceMs,
  );

  test(
    'HT-01: what is pipelined behind a switch of protocols is no request',
    async () => {
      under.origin.forget();
      const client = await under.raw();
      client.send(
        `GET /http/open/socket HTTP/1.1\r\n${fixed()}Connection: upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n\r\n`,
      );
      client.send('GET /http/open/admin HTTP/1.1\r\nHost: localhost\r\n\r\n');
      const { status } = await client.answer();
      expect([101, 400]).toContain(status);
      await client.socket.readToEnd(5000);
      expect(under.origin.requests.filter(({ target }) => target !== '/v1/socket')).toEqual([]);
      expect(under.origin.messages).toEqual([]);
    },
    patienceMs,
  );
}
