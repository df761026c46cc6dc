import { setTimeout as sleep } from 'node:timers/promises';
import { readRecording } from '@sallyport/recording';
import { eventually, sampleResource } from '../testing-control-plane.js';
import { client, ready, withGateway } from '../testing-running-gateway.js';
import { WatchedSessions } from './watched-sessions.js';

async function shownTo(segments: readonly Buffer[]): Promise<string> {
  let shown = '';
  for await (const item of readRecording(segments)) {
    if (item.kind === 'frame' && item.frame.kind === 'response') shown += item.frame.bytes.toString();
  }
  return shown;
}

test('what a watched session’s client sees leaves the gateway at once, and later again every few seconds', async () => {
  await withGateway(async (running) => {
    const { controlPlane, adapter, port } = running;
    await ready(running, { resources: [sampleResource()] });
    await client(port, 'sp_ci shop');
    const { info, recorder } = adapter.sessions[0]!;
    const stored = (): Buffer[] => controlPlane.segments.get(info.id) ?? [];
    for (const [index, word] of ['before ', 'one ', 'two '].entries()) {
      recorder.response(Buffer.from(word));
      controlPlane.push('session.watched', { sessionId: info.id, seconds: 1 });
      // Without anybody watching it takes five seconds.
      await eventually(() => stored().length === index + 1, 3000);
    }
    expect(await shownTo(stored())).toBe('before one two ');
    // Nothing new: nothing is sealed.
    await sleep(500);
    expect(stored()).toHaveLength(3);
    await sleep(1000);
    recorder.response(Buffer.from('nobody looks'));
    await sleep(600);
    expect(stored()).toHaveLength(3);
  });
}, 20_000);

test('the end of a watched session is delivered at once too, and a session that never was harms nobody', async () => {
  await withGateway(async (running) => {
    const { controlPlane, adapter, port } = running;
    await ready(running, { resources: [sampleResource()] });
    const { socket } = await client(port, 'sp_ci shop');
    const { info } = adapter.sessions[0]!;
    controlPlane.push('session.watched', { sessionId: info.id, seconds: 10 });
    controlPlane.push('session.watched', { sessionId: '00000000-0000-4000-8000-000000000000', seconds: 10 });
    socket.end();
    await eventually(() => controlPlane.bodies('recording.segment').some(({ last }) => last), 3000);
  });
});

test('while a piece is on its way no further one is made', async () => {
  await withGateway(async (running) => {
    const { controlPlane, adapter, port } = running;
    await ready(running, { resources: [sampleResource()] });
    await client(port, 'sp_ci shop');
    const { info, recorder } = adapter.sessions[0]!;
    let silent = true;
    controlPlane.on('recording.segment', () => (silent ? 'silence' : undefined));
    controlPlane.push('session.watched', { sessionId: info.id, seconds: 5 });
    await eventually(() => controlPlane.bodies('recording.segment').length === 1);
    for (let piece = 0; piece < 4; piece += 1) {
      recorder.response(Buffer.from('x'));
      await sleep(250);
    }
    silent = false;
    controlPlane.cut();
    await eventually(() => (controlPlane.segments.get(info.id) ?? []).length === 2);
    expect(await shownTo(controlPlane.segments.get(info.id)!)).toBe('xxxx');
  });
}, 20_000);

test('said again, watching lasts; not said again, it ends by itself', async () => {
  const sealed: string[] = [];
  const watched = new WatchedSessions((sessionId) => sealed.push(sessionId), 10);
  watched.watch('a', 0.05);
  watched.watch('b', 0.05);
  expect([sealed, [...watched.ids]]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  watched.watch('a', 5);
  await eventually(() => [...watched.ids].join() === 'a');
  const until = sealed.length;
  await eventually(() => sealed.length > until);
  watched.stop();
  expect([...watched.ids]).toEqual([]);
});
