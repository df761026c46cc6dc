import { loadParser, parse, SyntaxProblem } from './parser.js';

beforeAll(() => loadParser());

const after = async (): Promise<void> => {
  // A spare takes over at once; the one after that is made in the background.
  expect(parse('SELECT 1').stmts).toHaveLength(1);
  await loadParser();
};

test('a text that overflows the parser fails, and the next text is parsed', async () => {
  for (let i = 0; i < 5; i++) {
    expect(() => parse('SELECT 1' + ' + 1'.repeat(50_000))).toThrow(/call stack|memory|unreachable/i);
    await after();
  }
});

test('what the grammar itself refuses breaks nothing', () => {
  for (let i = 0; i < 50; i++) {
    expect(() => parse('SELECT ' + '('.repeat(20_000))).toThrow(SyntaxProblem);
    expect(() => parse('SELEC')).toThrow(SyntaxProblem);
  }
  expect(parse('SELECT 1; SELECT 2').stmts).toHaveLength(2);
});

test('a syntax problem has its place in characters', () => {
  try {
    parse("SELECT 'é→' FRM x y");
  } catch (error) {
    expect(error).toMatchObject({ position: 17 });
    return;
  }
  throw new Error('it was parsed');
});

test('names are folded and cut as the server does', () => {
  const [statement] = parse(`SELECT 1 FROM ${'É'.repeat(40)}ABC, ABC, "ABC", U&"d\\0061ta"`).stmts ?? [];
  const names = JSON.stringify(statement).matchAll(/"relname":"([^"]+)"/g);
  expect([...names].map((match) => match[1])).toEqual(['É'.repeat(31), 'abc', 'ABC', 'data']);
});

test('the empty text has no statements', () => {
  for (const text of ['', ' ', ';', '-- x', '/* x */;;']) expect(parse(text).stmts ?? []).toHaveLength(0);
});
