import ts from 'typescript';

/**
 * The texts that a test file names its tests with: titles, and the rows of the tables that fill them. What is skipped,
 * left for later or expected to fail names nothing.
 */
export function testTitles(source: string): string[] {
  const file = ts.createSourceFile('x.test.ts', source, ts.ScriptTarget.Latest, true);
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTest(node.expression)) {
      for (const part of [...node.arguments, ...tablesOf(node.expression)]) titles.push(...textsIn(part, file));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return titles;
}

function isTest(callee: ts.Expression): boolean {
  return /^(test|it)(\.each\b|$)/.test(callee.getText().trim()) && !ts.isPropertyAccessExpression(callee);
}

/** Of `test.each(table)` the table. */
function tablesOf(callee: ts.Expression): readonly ts.Expression[] {
  return ts.isCallExpression(callee) ? callee.arguments : [];
}

/** Every text in an expression, leaving out the bodies of functions; a name stands for what this file declares it as. */
function textsIn(node: ts.Node, file: ts.SourceFile, seen: readonly string[] = []): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text];
  if (ts.isFunctionLike(node)) return [];
  if (ts.isIdentifier(node)) {
    const declared = seen.includes(node.text) ? undefined : constantOf(node.text, file);
    return declared ? textsIn(declared, file, [...seen, node.text]) : [];
  }
  const texts: string[] = [];
  ts.forEachChild(node, (child) => void texts.push(...textsIn(child, file, seen)));
  return texts;
}

function constantOf(name: string, file: ts.SourceFile): ts.Expression | undefined {
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const declaration of statement.declarationList.declarations) {
      if (declaration.name.getText(file) === name) return declaration.initializer;
    }
  }
  return undefined;
}
