import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { action, decide, judgeOf, question } from './shop-fixture.js';

const cedar = `
  permit (principal, action, resource in Resource::"shop");
  forbid (principal, action == Action::"call", resource == Function::"shop/public.f7");
  forbid (principal, action == Action::"call", resource) when { resource == Function::"shop/public.f8" };
  forbid (principal, action == Action::"call", resource) unless { resource in Schema::"shop/public" || resource is Resource };
  @approval("dba") forbid (principal, action == Action::"call", resource)
    when { (resource == Function::"shop/public.f9" || resource in Schema::"shop/other") && context.statement.functions.contains("public.f10") };`;

const objects = ['public.f6', 'public.f7', 'public.f8', 'public.f9', 'public.f10', 'other.f7', 'secret.f6'];
const call = (...names: string[]) => action(...names.map((name) => ({ action: 'call', object: `shop/${name}` })));

test('CP-10: an answer kept for one object is no answer for another that policy can tell from it', () => {
  const session = judgeOf(cedar).forSession(question);
  for (const first of objects) {
    for (const second of objects) {
      for (const what of [call(first), call(second), call(first, second), call(second, 'public.f10')]) {
        expect([first, second, session.judge(what)]).toEqual([first, second, decide(cedar, what)]);
      }
    }
  }
});

test('one request about thousands of objects is judged, and the one that is forbidden is found', () => {
  const session = judgeOf(cedar).forSession(question);
  const many = Array.from({ length: 3000 }, (_, index) => `public.g${index}`);
  expect(session.judge(call(...many)).effect).toBe('permit');
  expect(session.judge(call(...many, 'public.f7', 'public.g9999'))).toMatchObject({
    effect: 'deny',
    because: [{ object: 'shop/public.f7' }],
  });
});

test('decisions that are kept take no more memory for large requests than for small ones', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const session = judgeOf(cedar).forSession(question);
  const large = (index: number) => ({ ...call('public.f6'), fingerprint: `${index} ${'x'.repeat(100_000)}` });
  const before = used();
  for (let index = 0; index < 400; index += 1) expect(session.judge(large(index)).effect).toBe('permit');
  expect(used() - before).toBeLessThan(10_000_000);
});
