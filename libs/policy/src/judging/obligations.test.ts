import type { Decision } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import { action, column, customers, decide, judgeOf, question, read, shop, tenOClock } from './shop-fixture.js';

const masks = (decision: Decision): string[] =>
  decision.effect === 'deny'
    ? []
    : decision.obligations.map((mask) => `${objectId(maskedObject(mask))} ${mask.method}`);

describe('masks', () => {
  const everything = action({ action: 'select', object: customers, columns: ['id', 'ssn', 'email'] });
  const both = [`${customers}.email pseudonym`, `${customers}.ssn redact`];
  const reader = 'permit (principal, action == Action::"select", resource);';

  test.each([
    ['nothing reveals', '', both],
    [
      'reveal on a column',
      `permit (principal, action == Action::"reveal", resource == Column::"${customers}.ssn");`,
      [both[0]],
    ],
    ['reveal on a tag', 'permit (principal, action == Action::"reveal", resource in Tag::"pii");', []],
    ['reveal on the table', `permit (principal, action == Action::"reveal", resource == Table::"${customers}");`, []],
    [
      'reveal but not secrets',
      'permit (principal, action == Action::"reveal", resource); forbid (principal, action == Action::"reveal", resource in Tag::"secret");',
      [both[1]],
    ],
    ['approval is not enough', '@approval("dba") permit (principal, action == Action::"reveal", resource);', both],
    [
      'a forbid that approval lifts still hides',
      'permit (principal, action == Action::"reveal", resource); @approval("dba") forbid (principal, action == Action::"reveal", resource);',
      both,
    ],
    ['reading is not revealing', 'permit (principal, action in Action::"read", resource);', both],
    ['all of SQL reveals', 'permit (principal, action in Action::"sql", resource);', []],
  ])('%s', (_name, cedar, expected) => {
    const decision = decide(`${reader} ${cedar}`, everything);
    expect(decision.effect).toBe('permit');
    expect(masks(decision)).toEqual(expected);
  });

  test('CP-04: a reveal that cannot be evaluated denies', () => {
    const cedar = `${reader} permit (principal, action == Action::"reveal", resource) when { context.hour + 9223372036854775807 > 0 };`;
    expect(decide(cedar, everything, { now: tenOClock })).toMatchObject({
      effect: 'deny',
      because: [{ code: 'evaluation-error' }],
    });
  });

  test('what flows in by lineage is masked, whatever the effects say', () => {
    const ssn = column('customers', 'ssn');
    const traced = {
      ...read,
      lineage: {
        results: [null, { form: 'rows' as const, columns: [{ direct: true, sources: [ssn] }] }],
        usedElsewhere: [],
      },
    };
    const used = { ...read, lineage: { results: ['opaque' as const], usedElsewhere: [ssn] } };
    expect(masks(decide(reader, traced))).toEqual([both[1]]);
    expect(masks(decide(reader, used))).toEqual([both[1]]);
  });

  test('unknown columns are all of them', () => {
    expect(masks(decide(reader, action({ action: 'select', object: customers })))).toEqual(both);
  });

  test('writing a column does not read it', () => {
    const cedar = 'permit (principal, action in Action::"write", resource);';
    expect(masks(decide(cedar, action({ action: 'update', object: customers, columns: ['ssn'] })))).toEqual([]);
  });

  test('a held request keeps its masks', () => {
    const cedar = '@approval("dba") permit (principal, action == Action::"select", resource);';
    const decision = decide(cedar, everything);
    expect([decision.effect, masks(decision)]).toEqual(['hold', both]);
  });

  test('a column classified twice has both tags and the stricter mask', () => {
    const twice = [
      ...shop.classification,
      { column: column('customers', 'email'), tags: ['mail'], mask: 'redact' as const },
    ];
    const judge = judgeOf(`${reader} forbid (principal, action == Action::"insert", resource in Tag::"mail");`, {
      resources: [{ ...shop, classification: twice }],
    });
    expect(masks(judge.forSession(question).judge(everything))).toEqual([`${customers}.email redact`, both[1]]);
  });
});
