import { ConnectionLimit, FlowGate } from './index.js';

test('reading resumes only when every reason to pause is gone', () => {
  const calls: string[] = [];
  const gate = new FlowGate({ pause: () => calls.push('pause'), resume: () => calls.push('resume') });
  gate.hold(1);
  gate.hold(2);
  gate.release(1);
  expect(gate.paused).toBe(true);
  gate.release(1);
  gate.release(2);
  gate.release(2);
  expect(calls).toEqual(['pause', 'resume']);
});

test('a place is given back once', () => {
  const limit = new ConnectionLimit();
  const leave = limit.enter(1)!;
  expect(limit.enter(1)).toBeUndefined();
  leave();
  leave();
  expect(limit.count).toBe(0);
});
