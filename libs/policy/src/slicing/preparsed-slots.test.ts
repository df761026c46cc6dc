import { compilePolicies } from '../language/compile.js';
import type { Statement } from '../language/statement.js';
import { PreparsedSlots } from './preparsed-slots.js';
import { Slice, SliceTable } from './slice.js';

function statements(count: number): readonly Statement[] {
  const policies = Array.from({ length: count }, (_, at) => ({
    name: `p${at}`,
    cedar: `${at % 2 ? '@approval("g") forbid' : 'permit'} (principal, action, resource in Resource::"r${at}");`,
  }));
  const result = compilePolicies(policies);
  if (!result.ok) throw new Error(result.issues[0]!.message);
  return result.statements;
}

test('the least recently used slice gives up its name', () => {
  const slots = new PreparsedSlots('test-a', 2);
  const [a, b, c] = statements(3).map((statement) => new Slice([statement]));
  const first = slots.nameOf(a!);
  const second = slots.nameOf(b!);
  expect(slots.nameOf(a!)).toBe(first);
  expect(slots.nameOf(c!)).toBe(second);
  expect(slots.nameOf(b!)).toBe(first);
  expect(slots.used).toBe(2);
});

test('a released name is used again', () => {
  const slots = new PreparsedSlots('test-b', 8);
  const [a, b] = statements(2).map((statement) => new Slice([statement]));
  const name = slots.nameOf(a!);
  slots.release([a!, b!]);
  expect(slots.used).toBe(0);
  expect(slots.nameOf(b!)).toBe(name);
});

test('a slice that Cedar refuses is held under no name, and costs none', () => {
  const slots = new PreparsedSlots('test-c', 1);
  const [good] = statements(1);
  const bad = new Slice([{ ...good!, text: 'permit (' }]);
  expect(() => slots.nameOf(bad)).toThrow('cannot be prepared');
  expect(() => slots.nameOf(bad)).toThrow('cannot be prepared');
  expect(slots.nameOf(new Slice([good!]))).toBe('test-c1');
});

test('equal lists are one slice, and the table forgets the oldest', () => {
  const table = new SliceTable(2);
  const [a, b, c] = statements(3);
  const first = table.of([a!, b!]);
  expect(table.of([a!, b!])).toBe(first);
  table.of([b!]);
  table.of([c!]);
  expect(table.of([a!, b!])).not.toBe(first);
});

test('the reduced slice leaves out exactly the forbids that approval lifts', () => {
  const [permit, lifted] = statements(2);
  const plain = { ...lifted!, index: 2, approval: undefined };
  const slice = new Slice([permit!, lifted!, plain]);
  expect(slice.withoutApprovalForbids().statements).toEqual([permit, plain]);
  const only = new Slice([permit!]);
  expect(only.withoutApprovalForbids()).toBe(only);
});
