import { action, customers, decide, tenOClock } from './shop-fixture.js';

describe('columns', () => {
  const select = (...columns: string[]) => action({ action: 'select', object: customers, columns });
  const onColumn = (name: string) => `resource == Column::"${customers}.${name}"`;
  const onTable = `resource == Table::"${customers}"`;

  test.each([
    ['a permit on the table serves its columns', `permit (principal, action, ${onTable});`, ['id', 'name'], 'permit'],
    [
      'a permit inside the table does not serve the table',
      `permit (principal, action, ${onColumn('id')});`,
      [],
      'deny',
    ],
    ['every column needs a permit', `permit (principal, action, ${onColumn('id')});`, ['id', 'name'], 'deny'],
    ['its own permit serves a column', `permit (principal, action, ${onColumn('id')});`, ['id'], 'permit'],
    [
      'a forbid on a column stands',
      `permit (principal, action, ${onTable}); forbid (principal, action, ${onColumn('id')});`,
      ['id'],
      'deny',
    ],
    [
      'and only on that column',
      `permit (principal, action, ${onTable}); forbid (principal, action, ${onColumn('id')});`,
      ['name'],
      'permit',
    ],
    [
      'columns left out may be any',
      `permit (principal, action, ${onTable}); forbid (principal, action, ${onColumn('id')});`,
      undefined,
      'deny',
    ],
    ['and are any other column too', `permit (principal, action, ${onColumn('id')});`, undefined, 'deny'],
    [
      'a tag forbids',
      'permit (principal, action, resource); forbid (principal, action, resource in Tag::"secret");',
      ['ssn'],
      'deny',
    ],
    [
      'a tag forbids nothing else',
      'permit (principal, action, resource); forbid (principal, action, resource in Tag::"secret");',
      ['email'],
      'permit',
    ],
    [
      'a tag in a condition',
      'permit (principal, action, resource); forbid (principal, action == Action::"select", resource) when { resource in Tag::"secret" };',
      ['id', 'ssn'],
      'deny',
    ],
    [
      'a literal in a condition',
      `permit (principal, action, resource); forbid (principal, action == Action::"select", resource) when { resource is Column && [Column::"${customers}.name"].contains(resource) };`,
      ['id', 'name'],
      'deny',
    ],
    [
      'approval for a column',
      `permit (principal, action, resource); @approval("dba") forbid (principal, action == Action::"select", resource in Tag::"pii");`,
      ['id', 'email'],
      'hold',
    ],
    [
      'a plain permit on the column beats approval on the table',
      `@approval("dba") permit (principal, action, ${onTable}); permit (principal, action, ${onColumn('id')});`,
      ['id'],
      'permit',
    ],
    [
      'not for the other columns',
      `@approval("dba") permit (principal, action, ${onTable}); permit (principal, action, ${onColumn('id')});`,
      ['id', 'name'],
      'hold',
    ],
    [
      'all columns of a table',
      `permit (principal, action == Action::"select", resource is Column in Table::"${customers}");`,
      ['id', 'name'],
      'permit',
    ],
    [
      'an error on a column',
      `permit (principal, action, resource); forbid (principal, action == Action::"select", ${onColumn('id')}) when { context.hour + 9223372036854775807 > 0 };`,
      ['id'],
      'deny',
    ],
  ])('%s', (_name, cedar, columns, effect) => {
    const what = columns ? select(...columns) : action({ action: 'select', object: customers });
    expect(decide(cedar, what, { now: tenOClock }).effect).toBe(effect);
  });

  test('the reason names the column', () => {
    const cedar = `permit (principal, action, resource); forbid (principal, action, ${onColumn('id')});`;
    expect(decide(cedar, select('name', 'id')).because).toMatchObject([{ object: `${customers}.id` }]);
  });

  test('a table whose name needs quotes', () => {
    const cedar = `permit (principal, action, resource == Column::"shop/public.\\"odd.name\\".id");`;
    expect(decide(cedar, action({ action: 'select', object: 'shop/public."odd.name"', columns: ['id'] })).effect).toBe(
      'permit',
    );
    expect(decide(cedar, action({ action: 'select', object: 'shop/public.odd', columns: ['id'] })).effect).toBe('deny');
  });
});
