import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { eventually } from '@sallyport/testing';
import { proves } from '../../proves.js';
import { ClusterUnderTest } from '../../servers/cluster-under-test.js';
import { sessionsOf, StoredRecording } from '../../servers/recordings.js';

/** Resident memory of a process. Bytes. */
function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

describe('Kubernetes', () => {
  const under = new ClusterUnderTest();
  const removing = (name: string): ReturnType<ClusterUnderTest['kubectl']> =>
    under.kubectl('ci', ['delete', 'configmap', name, '-n', under.web, '--wait=false']);
  const pending = (name: string): Promise<string> =>
    under.pending(`DELETE /api/v1/namespaces/${under.web}/configmaps/${name}`);

  proves(
    'kubernetes',
    'failure:control-plane',
    async () => {
      await under.ci('get', 'pods', '-n', under.web);
      await under.stack.controlPlane.stop('SIGKILL');
      const meanwhile = new Date().toISOString();
      expect((await under.ci('get', 'pods', '-n', under.web)).code).toBe(0);
      const writes = await under.writesDuring(async () => {
        expect((await removing('one')).code).toBe(1);
        expect((await under.ci('delete', 'configmap', 'settings', '-n', under.payments)).code).toBe(1);
      });
      expect([writes, await under.exists('configmap', 'one')]).toEqual([[], true]);
      await under.stack.startControlPlane();
      const session = await eventually('a session made meanwhile is known', async () =>
        (await sessionsOf(under.stack, 'ci')).find((each) => each.startedAt > meanwhile && !each.open),
      );
      expect(await (await StoredRecording.of(under.stack, session.id)).verify()).toMatchObject({ ok: true });
    },
    90_000,
  );

  proves(
    'kubernetes',
    'failure:gateway',
    async () => {
      const deleting = removing('two');
      const approval = await pending('two');
      const watching = under.ci('get', 'configmaps', '-n', under.web, '--watch', '-o', 'name');
      const session = await eventually('the watch is on record', async () => {
        const open = (await sessionsOf(under.stack, 'ci')).filter((each) => each.open);
        return open.length >= 2 ? open[0] : undefined;
      });
      await under.stack.gateway.stop('SIGKILL');
      expect([(await deleting).code === 0, (await watching).code === 0 && (await watching).stdout === '']).toEqual([
        false,
        false,
      ]);
      await under.stack.startGateway();
      const recording = await StoredRecording.of(under.stack, session.id);
      expect((await recording.frames()).at(-1)).toMatchObject({ kind: 'close', interrupted: true });
      expect(await recording.verify()).toMatchObject({ interrupted: true });
      // What was held is over, or waits for the same request of the same key to come again: by itself it never runs.
      const late = await under.stack.api
        .as(under.stack.keys.reviewer)
        .call('POST', `/v1/approvals/${approval}/approve`, {});
      expect([200, 409]).toContain(late.status);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(await under.exists('configmap', 'two')).toBe(true);
      expect((await under.ci('get', 'pods', '-n', under.web)).code).toBe(0);
    },
    90_000,
  );

  proves(
    'kubernetes',
    'failure:target',
    async () => {
      const { standIn } = under.stack.target;
      const running = under.kubectl('reviewer', ['exec', 'api', '-n', under.web, '--', 'sleep', '60']);
      await new Promise((resolve) => setTimeout(resolve, 2000));
      // A real cluster is not taken away: its pod is.
      if (standIn) await standIn.stop();
      else await under.admin('delete', 'pod', 'api', '-n', under.web, '--grace-period=0', '--force');
      const result = await running;
      expect([result.code === 0, result.stderr === '']).toEqual([false, false]);
      if (!standIn) return;
      const { status, text } = await under.call('ci', `/api/v1/namespaces/${under.web}/pods`);
      expect([status, JSON.parse(text).kind]).toEqual([502, 'Status']);
    },
    60_000,
  );
});

describe('Kubernetes, a large cluster', () => {
  const under = new ClusterUnderTest({ pods: 6000 });

  /** Asks for a list of some 7 MB on a connection of its own. */
  function asking(): TLSSocket {
    const { httpsPort: port, ca, keys, target } = under.stack;
    const path = target.standIn ? '/api/v1/namespaces/web/pods' : '/api/v1/pods';
    const head = [`GET /k8s/cluster${path} HTTP/1.1`, `host: localhost:${port}`, 'connection: close'];
    const socket = connectTls({ port, host: '127.0.0.1', ca, servername: 'localhost' });
    socket.on('error', () => undefined);
    socket.write(`${head.join('\r\n')}\r\nauthorization: Bearer ${keys.reviewer}\r\n\r\n`);
    return socket;
  }

  proves(
    'kubernetes',
    'failure:slow-reader',
    async () => {
      // A few that are read to their end: code is compiled, and memory grown to what such answers need.
      for (let index = 0; index < 3; index += 1) {
        const socket = asking();
        socket.resume();
        await once(socket, 'close');
        expect(socket.bytesRead).toBeGreaterThan(under.stack.target.standIn ? 2 ** 22 : 100);
      }
      const before = residentBytes(under.stack.gateway.pid);
      const slow = Array.from({ length: 20 }, () => asking().pause());
      let most = 0;
      for (let index = 0; index < 40; index += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        most = Math.max(most, residentBytes(under.stack.gateway.pid));
      }
      for (const socket of slow) socket.destroy();
      // Held in memory, twenty lists would be 140 MB.
      expect((most - before) / 2 ** 20).toBeLessThan(80);
    },
    60_000,
  );
});
