import type { RoleRequestRules } from '@sallyport/api-contract';
import type { AccessRequestEvent, Wish } from './access-request.js';
import { accessRequestStates, extendedUntil, next, obstacleTo } from './access-request.js';

const events: readonly AccessRequestEvent[] = ['quorum-reached', 'deny', 'withdraw', 'expire', 'invalidate'];

test('AP-02: whatever happens first is final', () => {
  for (const event of events) {
    const state = next('pending', event)!;
    expect(accessRequestStates).toContain(state);
    for (const later of events) expect(next(state, later)).toBeUndefined();
  }
  expect(new Set(events.map((event) => next('pending', event))).size).toBe(events.length);
});

const rules: RoleRequestRules = {
  requesters: ['engineers'],
  approvers: ['dba'],
  quorum: 1,
  maxSeconds: 600,
  resources: ['shop', 'gone'],
  breakGlass: ['oncall'],
};
const wish: Wish = { resources: ['shop'], seconds: 600, breakGlass: false, groups: ['engineers'] };
const isResource = (name: string) => name === 'shop' || name === 'books';
const codeOf = (more: Partial<Wish>, terms: Partial<RoleRequestRules> | undefined = {}): string | undefined =>
  obstacleTo({ ...wish, ...more }, { rules: terms && { ...rules, ...terms }, isResource })?.code;

test.each<[string, Partial<Wish>, Partial<RoleRequestRules>?]>([
  ['by whom the role names', {}],
  ['by anybody where it names nobody', { groups: [] }, { requesters: undefined }],
  ['on any resource where it names none', { resources: ['books'] }, { resources: undefined }],
  ['at once by whom the role lets', { breakGlass: true, groups: ['oncall'] }],
])('can be asked: %s', (_, more, terms = {}) => {
  expect(codeOf(more, terms)).toBeUndefined();
});

test.each<[string, string, Partial<Wish>, Partial<RoleRequestRules>?]>([
  ['not-requestable', 'by somebody else', { groups: ['sales'] }],
  ['not-requestable', 'where the role lets nobody', {}, { requesters: [] }],
  [
    'not-requestable',
    'at once where the role lets nobody',
    { breakGlass: true, groups: ['oncall'] },
    { breakGlass: [] },
  ],
  ['no-break-glass', 'at once by who may only ask', { breakGlass: true }],
  ['resource', 'on a resource that the role leaves out', { resources: ['shop', 'books'] }],
  ['resource', 'on a resource that is gone', { resources: ['gone'] }],
  ['too-long', 'for longer than the role lets', { seconds: 601 }],
])('AP-05: %s: %s', (code, _, more, terms = {}) => {
  expect(codeOf(more, terms)).toBe(code);
});

test('a role that nobody can ask for looks like one that does not exist', () => {
  const asked = obstacleTo(wish, { rules: undefined, isResource });
  expect(asked).toEqual(obstacleTo({ ...wish, groups: [] }, { rules, isResource }));
});

test('a longer grant never outlasts the longest one, counted from its first start', () => {
  const startedAt = new Date('2026-01-01T00:00:00Z');
  const after = (seconds: number) => new Date(startedAt.getTime() + seconds * 1000);
  expect(extendedUntil({ startedAt, expiresAt: after(60) }, 60, 600)).toEqual(after(120));
  expect(extendedUntil({ startedAt, expiresAt: after(560) }, 60, 600)).toEqual(after(600));
  expect(extendedUntil({ startedAt, expiresAt: after(560) }, 60, 30)).toEqual(after(30));
});
