import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSegmentHeader } from '@sallyport/recording';
import type { ControlPlaneLink } from '../link/control-plane-link.js';
import { eventually } from '../testing-control-plane.js';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import { segmentFile } from './segment-names.js';
import { Uploader, type UploaderOptions } from './uploader.js';

interface SetUp {
  readonly uploader: Uploader;
  readonly delivered: string[];
  /** Deliveries under way at once, at most. */
  readonly most: () => number;
  seal(sessionId: string, index: number): void;
}

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

function setUp(options: Pick<UploaderOptions, 'defer' | 'urgent' | 'patienceMs'>): SetUp {
  const directory = temporaryDirectory();
  const delivered: string[] = [];
  let [underWay, most] = [0, 0];
  const request = (async (_type: string, { sessionId }: { sessionId: string }) => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setTimeout(resolve, 10));
    underWay -= 1;
    delivered.push(sessionId);
    return {};
  }) as unknown as ControlPlaneLink['request'];
  const uploader = new Uploader({
    directory: directory.path,
    link: { connected: true, request },
    known: () => true,
    onReleased: () => undefined,
    log: silentLog,
    ...options,
  });
  cleanUps.push(() => {
    uploader.stop();
    directory.remove();
  });
  const seal = (sessionId: string, index: number): void => {
    const bytes = encodeSegmentHeader(sessionId, index);
    const path = join(directory.path, segmentFile({ sessionId, index, state: 'sealed' }));
    writeFileSync(path, bytes);
    uploader.add({ sessionId, index, path, bytes: bytes.length, last: false });
  };
  return { uploader, delivered, most: () => most, seal };
}

test('a busy gateway delivers what somebody watches, and keeps the rest for later', async () => {
  let busy = true;
  const [watched, other] = [randomUUID(), randomUUID()];
  const { uploader, delivered, seal } = setUp({ defer: () => busy, urgent: () => [watched, randomUUID()] });
  for (let index = 0; index < 3; index += 1) {
    seal(other, index);
    seal(watched, index);
  }
  await eventually(() => !uploader.waitsFor(watched));
  expect(delivered).toEqual([watched, watched, watched]);
  busy = false;
  await eventually(() => uploader.backlog === 0);
  expect(delivered.slice(3)).toEqual([other, other, other]);
});

test('a gateway that stays busy delivers what has waited long enough, one piece after the other', async () => {
  const patienceMs = 700;
  const { uploader, delivered, most, seal } = setUp({ defer: () => true, patienceMs });
  const began = performance.now();
  for (const session of [randomUUID(), randomUUID(), randomUUID()]) for (const index of [0, 1]) seal(session, index);
  await eventually(() => delivered.length > 0);
  expect(performance.now() - began).toBeGreaterThanOrEqual(patienceMs);
  await eventually(() => uploader.backlog === 0);
  expect(most()).toBe(1);
});
