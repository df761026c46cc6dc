import type { Action } from '@sallyport/domain';
import type { SessionQuestion } from '../index.js';
import { action, ci, customers, judgeOf, orders, question, read } from './shop-fixture.js';

const everything = 'permit (principal, action, resource);';
const connect = action({ action: 'connect', object: 'shop' });
const remove = action({ action: 'delete', object: orders });
const both: Action = { ...read, effects: [...read.effects, ...remove.effects], fingerprint: 'both' };
const emails = action({ action: 'select', object: customers, columns: ['email'] });

const judged = (limits: SessionQuestion['limits'], what: Action, cedar = everything) =>
  judgeOf(cedar)
    .forSession({ ...question, limits })
    .judge(what);

test.each<[string, SessionQuestion['limits'], Action, string]>([
  ['not narrowed', undefined, remove, 'permit'],
  ['narrowed to nothing in particular', {}, remove, 'permit'],
  ['narrowed to another action', { actions: ['select'] }, remove, 'deny'],
  ['narrowed to one of two actions that a request needs', { actions: ['select'] }, both, 'deny'],
  ['narrowed to both', { actions: ['select', 'delete'] }, both, 'permit'],
  ['narrowed to no action', { actions: [] }, read, 'deny'],
  ['narrowed to an action that there is not', { actions: ['*'] }, read, 'deny'],
  ['for this resource', { resources: ['shop'] }, remove, 'permit'],
  ['for another resource', { resources: ['crm'] }, remove, 'deny'],
  [
    'for a resource whose name begins alike',
    { resources: ['sho', 'shop2', 'SHOP', 'shop/public.orders'] },
    read,
    'deny',
  ],
  ['for no resource', { resources: [] }, connect, 'deny'],
  ['for another resource, to connect', { resources: ['crm'], actions: ['connect'] }, connect, 'deny'],
  ['for another action, to connect', { actions: ['select'] }, connect, 'permit'],
])('ID-12: a token %s', (_how, limits, what, effect) => {
  const decision = judged(limits, what);
  expect(decision.effect).toBe(effect);
  if (effect === 'deny')
    expect(decision.because).toContainEqual(
      expect.objectContaining({ code: 'no-permit', text: 'the token in use is not for this' }),
    );
});

test('ID-12: a narrowed token permits nothing that policy does not', () => {
  expect(
    judged(
      { resources: ['shop'], actions: ['connect', 'delete'] },
      connect,
      'permit (principal, action == Action::"select", resource);',
    ).effect,
  ).toBe('deny');
  expect(
    judged({ actions: ['delete'] }, remove, `${everything} forbid (principal, action == Action::"delete", resource);`)
      .effect,
  ).toBe('deny');
});

test('ID-12: what a token is not for is not revealed either', () => {
  expect(judged({ actions: ['select', 'reveal'] }, emails)).toMatchObject({ effect: 'permit', obligations: [] });
  expect(judged({ actions: ['select'] }, emails)).toMatchObject({ effect: 'permit', obligations: [{ kind: 'mask' }] });
});

test('ID-12: sessions of one principal with other limits do not share decisions', () => {
  const judge = judgeOf(everything);
  const of = (limits: SessionQuestion['limits']) => judge.forSession({ ...question, limits }).judge(remove).effect;
  expect([
    of(undefined),
    of({ actions: ['select'] }),
    of({ resources: ['crm'] }),
    of({ actions: ['delete'] }),
    of(undefined),
  ]).toEqual(['permit', 'deny', 'deny', 'permit', 'permit']);
});

test('ID-12: the limits bind an agent and the person it acts for alike', () => {
  const principal = { ...ci, type: 'Agent' as const, actsFor: { ...ci, type: 'User' as const, id: 'alice' } };
  const session = judgeOf(everything).forSession({ ...question, principal, limits: { actions: ['select'] } });
  expect([session.judge(read).effect, session.judge(remove).effect]).toEqual(['permit', 'deny']);
});
