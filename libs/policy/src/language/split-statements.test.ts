import fc from 'fast-check';
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs';
import { splitStatements, statementLimits } from './split-statements.js';
import { validatePolicies } from './compile.js';

const pieces = (source: string): string[] => {
  const result = splitStatements(source);
  if (!result.ok) throw new Error(result.message);
  return result.statements.map(({ text }) => text);
};

test('a semicolon in a string or a comment ends nothing', () => {
  const first = '@reason("a; b \\" ; c") permit (principal, action, resource);';
  const second = '// not; here\nforbid (principal, action, resource) when { "//;" == ";" };';
  expect(pieces(`${first}\n${second} // end;`)).toEqual([first, second.slice(second.indexOf('forbid'))]);
});

test('an unfinished statement is kept, so that it is refused', () => {
  expect(pieces('permit (principal, action, resource); forbid (principal')).toHaveLength(2);
});

test.each(['', '   \n', '// only a comment'])('%j holds no statement', (source) => {
  expect(splitStatements(source)).toEqual({ ok: false, offset: 0, message: 'holds no policy statement' });
});

test('nothing but blanks and comments is left out', () => {
  const part = fc.constantFrom(
    'permit',
    '(',
    ')',
    ';',
    '"a;b"',
    '"\\""',
    '// c;\n',
    ' ',
    '{',
    '}',
    'é',
    '"',
    '@a("b")',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const source = parts.join('');
      const result = splitStatements(source);
      if (!result.ok) return;
      let rest = source;
      for (const { text, start } of result.statements) {
        expect(source.slice(start, start + text.length)).toBe(text);
        rest = rest.slice(0, start) + ' '.repeat(text.length) + rest.slice(start + text.length);
      }
      expect(rest.replace(/\/\/[^\r\n]*/g, '').trim()).toBe('');
    }),
  );
});

const inside = (condition: string) => `permit (principal, action == Action::"select", resource) when { ${condition} };`;
const { nesting, conditionals, joints, members, characters } = statementLimits;

test.each([
  ['brackets', inside('('.repeat(nesting + 1) + 'true' + ')'.repeat(nesting + 1))],
  ['conditionals', inside('if true then '.repeat(conditionals + 1) + 'true' + ' else true'.repeat(conditionals + 1))],
  ['operators', inside('true' + ' && true'.repeat(joints))],
  ['members', inside('context' + '.hour'.repeat(members + 1))],
  ['calls', inside('[true]' + '.contains(true)'.repeat(members + 1))],
  ['clauses', inside('true') + ' when { true }'.repeat(joints + 1)],
  ['characters', inside(`"${'x'.repeat(characters)}" == "x"`)],
])('too many %s are refused before Cedar sees them', (_what, cedar) => {
  expect(validatePolicies([{ name: 'deep', cedar }])).toHaveLength(1);
  expect(validatePolicies([{ name: 'well', cedar: inside('context.hour > 1') }])).toEqual([]);
});

test('Cedar survives the most that is let through', () => {
  const depth = nesting - 1;
  const read = 'context.statement.readOnly';
  const and = ` && ${read}`.repeat(joints - 1);
  const conditional = `if ${read} then true else `.repeat(conditionals);
  for (const body of [
    '('.repeat(depth) + read + ')'.repeat(depth),
    '!('.repeat(depth) + read + ')'.repeat(depth),
    `if ${read} then `.repeat(conditionals) + 'true' + ` else ${read}`.repeat(conditionals),
    read + and,
    `${read} && (`.repeat(depth) + read + ')'.repeat(depth),
    `context.hour${' + context.hour'.repeat(joints - 1)} > 4`,
    '('.repeat(depth) + conditional + read + and + ')'.repeat(depth),
    '[true].contains('.repeat(depth) + conditional + read + and + ')'.repeat(depth),
  ]) {
    const cedar = inside(body);
    expect(validatePolicies([{ name: 'most', cedar }])).toEqual([]);
    expect(preparsePolicySet('most', { staticPolicies: { most: cedar } }).type).toBe('success');
    for (const readOnly of [true, false]) {
      const answer = statefulIsAuthorized({
        principal: { type: 'User', id: 'a' },
        action: { type: 'Action', id: 'select' },
        resource: { type: 'Table', id: 't' },
        context: { hour: 1, statement: { readOnly } },
        entities: [],
        preparsedPolicySetId: 'most',
      });
      expect(answer).toMatchObject({ type: 'success', response: { diagnostics: { errors: [] } } });
    }
  }
});
