import { readAnnotations } from './annotations.js';

test.each([
  [{ approval: 'dba' }, { groups: ['dba'], quorum: 1, expiresInSeconds: 1800 }],
  [
    { approval: 'sec, dba,sec', quorum: '2' },
    { groups: ['dba', 'sec'], quorum: 2, expiresInSeconds: 1800 },
  ],
  [
    { approval: 'dba', expires: '45s' },
    { groups: ['dba'], quorum: 1, expiresInSeconds: 45 },
  ],
  [
    { approval: 'dba', expires: '5m' },
    { groups: ['dba'], quorum: 1, expiresInSeconds: 300 },
  ],
  [
    { approval: 'dba', expires: '24h' },
    { groups: ['dba'], quorum: 1, expiresInSeconds: 86400 },
  ],
])('%j asks for approval', (annotations, approval) => {
  expect(readAnnotations(annotations)).toEqual({ ok: true, notes: { approval } });
});

test('a reason and an id stand alone', () => {
  expect(readAnnotations({ reason: 'ask first', id: 'r1' })).toEqual({
    ok: true,
    notes: { reason: 'ask first', id: 'r1' },
  });
});

test.each([
  [{ aproval: 'dba' }, 'unknown annotation @aproval'],
  [{ approval: null }, '@approval needs a value'],
  [{ approval: ' ' }, '@approval needs a value'],
  [{ approval: 'dba,,sec' }, '@approval lists groups'],
  [{ approval: ',' }, '@approval lists groups'],
  [{ quorum: '2' }, '@quorum needs @approval'],
  [{ expires: '2m' }, '@expires needs @approval'],
  [{ approval: 'dba', quorum: '0' }, '@quorum is a whole number'],
  [{ approval: 'dba', quorum: '1.5' }, '@quorum is a whole number'],
  [{ approval: 'dba', quorum: '-1' }, '@quorum is a whole number'],
  [{ approval: 'dba', quorum: '100' }, '@quorum is a whole number'],
  [{ approval: 'dba', quorum: '' }, '@quorum needs a value'],
  [{ approval: 'dba', expires: '0m' }, '@expires is a time'],
  [{ approval: 'dba', expires: '30' }, '@expires is a time'],
  [{ approval: 'dba', expires: '30d' }, '@expires is a time'],
  [{ approval: 'dba', expires: '25h' }, '@expires is a time'],
  [{ reason: 'a\u202eb' }, '@reason holds a control or invisible character'],
  [{ reason: 'a\u001b[2J' }, '@reason holds a control or invisible character'],
  [{ reason: 'x'.repeat(501) }, '@reason is longer'],
])('%j is refused', (annotations: Record<string, string | null>, message) => {
  const result = readAnnotations(annotations);
  expect(result.ok ? 'accepted' : result.message).toContain(message);
});
