import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { eventually } from '@sallyport/testing';
import { h2load } from '../../clients/http-h2load.js';
import { proves } from '../../proves.js';
import { HttpStack } from '../../servers/http-stack.js';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';

const mebibyte = 2 ** 20;
const downloadBytes = 300_000_000;

/** Resident memory of a process. Bytes. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

describe('HTTP', () => {
  const under = new HttpStack({ gatewayEnv: { SALLYPORT_SPOOL_MAX_BYTES: String(8 * 2 ** 30) } });
  const gatewayBytes = (): number => residentBytes(under.installation.gateway.pid);

  /** The most memory that the gateway had while this went on. */
  async function mostDuring(work: Promise<unknown>): Promise<number> {
    let most = gatewayBytes();
    const timer = setInterval(() => (most = Math.max(most, gatewayBytes())), 50);
    await work.finally(() => clearInterval(timer));
    return most;
  }

  /** Reads an answer to its end and keeps none of it; its length, and whether any of it showed what must be masked. */
  function download(resource: string, path: string): Promise<{ bytes: number; shown: boolean }> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${under.keys.ci}` };
      get(under.url(resource, path), { ca: under.installation.ca, headers, agent: false }, (response) => {
        let bytes = 0;
        let shown = false;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          shown ||= chunk.includes('somebody@');
        });
        response.on('end', () => resolve({ bytes, shown })).on('error', reject);
      }).on('error', reject);
    });
  }

  test('a large download is held in no memory, whether it is masked or not', async () => {
    await download('shop', '/big?kind=rows&bytes=20000000');
    await download('open', '/big?bytes=20000000');
    const before = gatewayBytes();
    const most = await mostDuring(
      (async () => {
        expect((await download('open', `/big?bytes=${downloadBytes}`)).bytes).toBeGreaterThanOrEqual(downloadBytes);
        const masked = await download('shop', `/big?kind=rows&bytes=${downloadBytes / 5}`);
        expect([masked.bytes > downloadBytes / 6, masked.shown]).toEqual([true, false]);
      })(),
    );
    expect((most - before) / mebibyte).toBeLessThan(50);
  }, 90_000);

  proves(
    'http',
    'failure:slow-reader',
    async () => {
      const before = gatewayBytes();
      const client = await under.raw();
      client.socket.pause();
      client.send(
        `GET /http/open/big?bytes=${downloadBytes} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${under.keys.ci}\r\n\r\n`,
      );
      const most = await mostDuring(new Promise((resolve) => setTimeout(resolve, 3000)));
      expect((most - before) / mebibyte).toBeLessThan(50);
      client.close();
    },
    60_000,
  );

  test('thousands of requests over HTTP/2 are all answered, each on its own', async () => {
    under.origin.forget();
    const requests = 3000;
    const url = under.url('shop', '/public');
    const result = await h2load({ url, token: under.keys.ci, requests, clients: 4, streams: 20 });
    expect(result).toEqual({ succeeded: requests, failed: 0, good: requests });
    expect(under.origin.requests).toHaveLength(requests);
    expect((await under.ask('ci', 'shop', '/admin')).status).toBe(403);
  }, 90_000);

  proves('http', 'failure:target', async () => {
    under.origin.forget();
    for (const path of ['/gone', '/hang']) {
      const asking = under.ask('ci', 'open', path);
      await eventually('it arrived', async () =>
        under.origin.requests.at(-1)?.target.endsWith(path) ? true : undefined,
      );
      under.origin.cut();
      const answer = await asking;
      expect([path, answer.status]).toEqual([path, 502]);
      expect(await answer.json()).toMatchObject({
        code: 'upstream-failed',
        detail: expect.stringContaining('not known'),
      });
    }
    // What breaks off half-way is not taken for whole, over either version.
    for (const flag of ['--http1.1', '--http2']) {
      expect([flag, (await under.curl('ci', [flag, under.url('open', '/cut')]).done()).code]).not.toEqual([flag, 0]);
    }
    expect(under.origin.requests).toHaveLength(4);
    expect((await under.ask('ci', 'open', '/public')).status).toBe(200);
  });

  proves(
    'http',
    'failure:control-plane',
    async () => {
      const client = await under.raw();
      const ask = async (path: string, method = 'GET'): Promise<number> => {
        client.send(
          `${method} /http/shop${path} HTTP/1.1\r\nHost: localhost\r\nPrefer: wait=1\r\nAuthorization: Bearer ${under.keys.ci}\r\n\r\n`,
        );
        return (await client.answer(15_000)).status;
      };
      expect(await ask('/public')).toBe(200);
      await under.installation.controlPlane.stop('SIGKILL');
      expect([await ask('/public'), await ask('/admin')]).toEqual([200, 403]);
      expect(await ask('/orders/21', 'DELETE')).toBeGreaterThanOrEqual(400);
      expect(under.origin.state.orders.has('21')).toBe(true);
      await under.installation.startControlPlane();
      client.close();
    },
    90_000,
  );

  proves(
    'http',
    'failure:gateway',
    async () => {
      const watching = await under.ask('reviewer', 'shop', '/events');
      const reader = watching.body!.getReader();
      await reader.read();
      const remove = (headers: Record<string, string>): Promise<Response> =>
        under.ask('ci', 'shop', '/orders/22', { method: 'DELETE', headers: { prefer: 'wait=0', ...headers } });
      // The gateway may not have found the control plane again yet.
      const approval = await eventually('it waits for people', async () => {
        const answer = await remove({});
        const { approval: made } = (await answer.json()) as { approval?: { id: string } };
        return answer.status === 202 ? made : undefined;
      });
      const session = await eventually('the session is known', async () =>
        (await sessionsOf(under.installation, 'reviewer')).find((each) => each.open),
      );
      await under.installation.gateway.stop('SIGKILL');
      await expect(
        (async () => {
          while (!(await reader.read()).done);
        })(),
      ).rejects.toThrow();
      await under.installation.startGateway();
      const recording = await StoredRecording.of(under.installation, session.id);
      expect((await recording.frames()).at(-1)).toMatchObject({ kind: 'close', interrupted: true });
      expect(await recording.transcript()).toContain('customer 1');
      // Whether the approval outlived the gateway or not: it runs the request once at most.
      await under.installation.api.as(under.keys.reviewer).call('POST', `/v1/approvals/${approval.id}/approve`, {});
      under.origin.forget();
      const answers = [];
      for (let index = 0; index < 3; index += 1)
        answers.push((await remove({ 'sallyport-approval': approval.id })).status);
      expect(answers.filter((status) => status === 200).length).toBe(under.origin.requests.length);
      expect(under.origin.requests.length).toBeLessThanOrEqual(1);
      expect((await under.ask('ci', 'shop', '/public')).status).toBe(200);
    },
    90_000,
  );
});
