import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeSegmentHeader } from '@sallyport/recording';
import type { ControlPlaneLink } from '../link/control-plane-link.js';
import { eventually } from '../testing-control-plane.js';
import { silentLog, temporaryDirectory } from '../testing-gateway.js';
import { segmentFile } from './segment-names.js';
import { Uploader } from './uploader.js';

test('a busy gateway delivers what somebody watches, and keeps the rest for later', async () => {
  const directory = temporaryDirectory();
  const delivered: string[] = [];
  let busy = true;
  const [watched, other] = [randomUUID(), randomUUID()];
  const request = (async (_type: string, { sessionId }: { sessionId: string }) => {
    delivered.push(sessionId);
    return {};
  }) as unknown as ControlPlaneLink['request'];
  const uploader = new Uploader({
    directory: directory.path,
    link: { connected: true, request },
    known: () => true,
    onReleased: () => undefined,
    defer: () => busy,
    urgent: () => [watched, randomUUID()],
    log: silentLog,
  });
  const seal = (sessionId: string, index: number): void => {
    const bytes = encodeSegmentHeader(sessionId, index);
    const path = join(directory.path, segmentFile({ sessionId, index, state: 'sealed' }));
    writeFileSync(path, bytes);
    uploader.add({ sessionId, index, path, bytes: bytes.length, last: false });
  };
  for (let index = 0; index < 3; index += 1) {
    seal(other, index);
    seal(watched, index);
  }
  await eventually(() => !uploader.waitsFor(watched));
  expect(delivered).toEqual([watched, watched, watched]);
  busy = false;
  await eventually(() => uploader.backlog === 0);
  expect(delivered.slice(3)).toEqual([other, other, other]);
  uploader.stop();
  directory.remove();
});
