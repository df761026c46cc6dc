import type { Action, ContextRecord, Decision } from '@sallyport/domain';
import { maskedObject, objectId } from '@sallyport/domain';
import type { JudgeInput } from '../judging/judge.js';
import { Judge } from '../judging/judge.js';
import { InvalidPoliciesError } from '../language/invalid-policies-error.js';
import type { PolicyIssue } from '../language/policy-source.js';
import { actionFromEffects, readEffect } from '../judging/requested-effect.js';
import type { PolicyTestCase, PolicyTestFile } from './test-file.js';
import { readTestFile } from './test-file.js';

export interface PolicyTestOptions {
  /** Used for whatever the file does not bring itself. */
  readonly base?: Partial<Pick<JudgeInput, 'policies' | 'groups' | 'resources'>>;
  /** Says what SQL means on a resource; without it, cases with `sql` fail. Throws when the text has no meaning. */
  readonly inspect?: (resource: string, sql: string) => Action;
}

export interface PolicyTestResult {
  readonly name: string;
  readonly passed: boolean;
  readonly expected: string;
  readonly actual: string;
  /** Why it failed, or why it could not be run. */
  readonly problem?: string;
  readonly because: Decision['because'];
}
export interface PolicyTestReport {
  /** True when there were cases and every one passed. */
  readonly ok: boolean;
  /** Why nothing could be run: the file's or the policies' mistakes. */
  readonly problems: readonly string[];
  readonly issues: readonly PolicyIssue[];
  readonly results: readonly PolicyTestResult[];
}

/** Runs the cases of a policy test file, given as parsed YAML. Never throws: what cannot be run has failed. */
export function runPolicyTests(parsedYaml: unknown, options: PolicyTestOptions = {}): PolicyTestReport {
  const stopped = (problem: string, issues: readonly PolicyIssue[] = []): PolicyTestReport => {
    return { ok: false, problems: [problem], issues, results: [] };
  };
  let judge: Judge | undefined;
  try {
    const file = readTestFile(parsedYaml);
    if (file.cases.length === 0) return stopped('the file has no cases');
    judge = judgeFor(file, options.base ?? {});
    const own = judge;
    const results = file.cases.map((testCase) => runCase(testCase, own, options));
    return { ok: results.every(({ passed }) => passed), problems: [], issues: [], results };
  } catch (error) {
    if (error instanceof InvalidPoliciesError) return stopped('the policies are invalid', error.issues);
    return stopped(error instanceof Error ? error.message : 'the file cannot be read');
  } finally {
    judge?.retire();
  }
}

function judgeFor(file: PolicyTestFile, base: NonNullable<PolicyTestOptions['base']>): Judge {
  return new Judge({
    revision: 1,
    policies: file.policies ?? base.policies ?? [],
    groups: file.groups ?? base.groups ?? [],
    resources: file.resources ?? base.resources ?? [],
  });
}

function runCase(testCase: PolicyTestCase, judge: Judge, options: PolicyTestOptions): PolicyTestResult {
  const { name, masks } = testCase;
  const expected = outcome(testCase.expect, masks);
  try {
    const action = actionOf(testCase, options);
    const { principal, on: resource, protocol, sourceIp, task, time } = testCase;
    const now = time ? () => time : undefined;
    const decision = judge.forSession({ principal, resource, protocol, sourceIp, task, now }).judge(action);
    const actual = outcome(decision.effect, masks === undefined ? undefined : maskedBy(decision));
    const passed = actual === expected;
    return {
      name,
      passed,
      expected,
      actual,
      because: decision.because,
      ...(passed ? {} : { problem: 'another outcome' }),
    };
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'the case cannot be run';
    return { name, passed: false, expected, actual: 'error', problem, because: [] };
  }
}

function outcome(effect: string, masks: readonly string[] | undefined): string {
  return masks === undefined ? effect : `${effect}, masking ${[...masks].sort().join(', ') || 'nothing'}`;
}

function maskedBy(decision: Decision): readonly string[] {
  return decision.effect === 'deny' ? [] : decision.obligations.map((each) => objectId(maskedObject(each)));
}

function actionOf(testCase: PolicyTestCase, { inspect }: PolicyTestOptions): Action {
  const { effects = [], sql, on, protocol, statement } = testCase;
  if (sql === undefined) {
    return actionFromEffects({
      protocol,
      effects: effects.map((effect) => readEffect(protocol, effect)),
      facts: statement as ContextRecord,
    });
  }
  if (!inspect) throw new Error('`sql` needs an inspector; write `effects` instead');
  if (Object.keys(statement).length > 0) throw new Error('`statement` goes with `effects`; the SQL says its own');
  return inspect(on, sql);
}
