import type { Action, Decision, Principal } from '@sallyport/domain';
import type { JudgeInput, RequestedEffect, SessionQuestion } from '../index.js';
import { actionFromEffects, Judge, readEffect } from '../index.js';

/** A service account on a shop with two classified columns: what the judge's tests ask about. */
export const ci: Principal = { type: 'ServiceAccount', id: 'ci', groups: ['ci'], roles: [] };
export const orders = 'shop/public.orders';
export const customers = 'shop/public.customers';
export const shop = {
  name: 'shop',
  labels: { env: 'prod' },
  classification: [
    { column: column('customers', 'email'), tags: ['pii'], mask: 'pseudonym' as const },
    { column: column('customers', 'ssn'), tags: ['pii', 'secret'], mask: 'redact' as const },
  ],
};
export const question: SessionQuestion = {
  principal: ci,
  resource: 'shop',
  sourceIp: '10.1.2.3',
  protocol: 'postgres',
};
/** A Monday. */
export const tenOClock = () => new Date('2026-01-05T10:00:00Z');

export function column(table: string, name: string) {
  return { kind: 'Column' as const, resource: 'shop', schema: 'public', table, column: name };
}
export function judgeOf(cedar: string, rest: Partial<JudgeInput> = {}): Judge {
  return new Judge({ revision: 7, policies: [{ name: 'p', cedar }], groups: [], resources: [shop], ...rest });
}
export function action(...effects: RequestedEffect[]): Action {
  return actionFromEffects({ protocol: 'postgres', effects: effects.map((effect) => readEffect('postgres', effect)) });
}
export function decide(cedar: string, what: Action, over: Partial<SessionQuestion> = {}): Decision {
  return judgeOf(cedar)
    .forSession({ ...question, ...over })
    .judge(what);
}
export const read = action({ action: 'select', object: orders, columns: ['id'] });
