import { RequestMethod } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { apiCollections } from '@sallyport/domain';
import type { ApiVerb } from '@sallyport/policy';
import { apiVerbs } from '@sallyport/policy';
import type { Replica, TestInstallation } from '../../testing/replica.js';
import { startInstallation } from '../../testing/replica.js';
import type { AccessRule } from './authorize.js';
import { ACCESS_RULE } from './authorize.js';

let installation: TestInstallation;
let replica: Replica;
let almost: string;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
  almost = await replica.account('almost', 'almost');
}, 60_000);
afterAll(() => installation.stop());

interface Guarded {
  readonly method: string;
  readonly path: string;
  readonly rule: Extract<AccessRule, { kind: 'authorize' }>;
}

/** Every route that asks for a right, as the server itself has it. */
function guardedRoutes(): Guarded[] {
  const scanner = new MetadataScanner();
  const controllers = new DiscoveryService(replica.app.get(ModulesContainer)).getControllers();
  return controllers.flatMap(({ instance, metatype }) => {
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap((name): Guarded[] => {
      const handler = prototype[name]!;
      const rule = Reflect.getMetadata(ACCESS_RULE, handler) as AccessRule | undefined;
      if (rule?.kind !== 'authorize') return [];
      const parts = [Reflect.getMetadata('path', metatype!), Reflect.getMetadata('path', handler)] as string[];
      const method = RequestMethod[Reflect.getMetadata('method', handler) as number]!;
      return [{ method, path: `/${parts.join('/')}`.replaceAll(/\/+/g, '/').replace(/\/$/, ''), rule }];
    });
  });
}

const byRight = (routes: readonly Guarded[]): Map<string, Guarded[]> => {
  const rights = new Map<string, Guarded[]>();
  for (const route of routes) {
    const right = `${route.rule.verb} ${route.rule.collection}`;
    rights.set(right, [...(rights.get(right) ?? []), route]);
  }
  return rights;
};

const action = (verb: ApiVerb) => `Api::Action::"${verb}"`;
const who = 'principal in Group::"almost"';
const only = (verb: ApiVerb, collection: string) =>
  `permit (${who}, action == ${action(verb)}, resource == Api::Collection::"${collection}");`;
/** By scopes alone: the guard refuses before it knows the object. */
const allBut = (verb: ApiVerb, collection: string) =>
  [
    `permit (${who}, action in [${apiVerbs
      .filter((other) => other !== verb)
      .map(action)
      .join(', ')}], resource);`,
    ...apiCollections.filter((other) => other !== collection).map((other) => only(verb, other)),
  ].join('\n');

async function rules(cedar: string): Promise<void> {
  const body = [{ kind: 'Policy', name: 'almost', spec: { cedar } }];
  const { status, text } = await replica.call('PUT', '/v1/manifests', { body });
  if (status !== 200) throw new Error(text);
}

/** The status for who may do all that these rules say. Ids are of nothing that exists. */
async function statusOf({ method, path }: Guarded): Promise<number> {
  const concrete = path.replaceAll(':id', '00000000-0000-4000-8000-000000000000').replaceAll(/:\w+/g, 'nobody');
  return (await replica.call(method, concrete, { as: almost })).status;
}

test('ID-24: each route needs its own right, all others together are not it, and it alone is enough', async () => {
  const routes = guardedRoutes();
  expect(routes.length).toBeGreaterThan(30);
  const wrong: string[] = [];
  for (const [right, guarded] of byRight(routes)) {
    const { verb, collection } = guarded[0]!.rule;
    await rules(allBut(verb, collection));
    for (const route of guarded) {
      const status = await statusOf(route);
      if (status !== 403) wrong.push(`${route.method} ${route.path} answers ${status} without ${right}`);
    }
    await rules(only(verb, collection));
    for (const route of guarded) {
      const status = await statusOf(route);
      if (status === 403 || status === 401) wrong.push(`${route.method} ${route.path} answers ${status} with ${right}`);
    }
  }
  expect(wrong).toEqual([]);
}, 120_000);

test('ID-24: a change by manifest needs the right of its kind, beside the one to apply', async () => {
  const body = [{ kind: 'Group', name: 'g', spec: { members: [] } }];
  const apply = async () => (await replica.call('PUT', '/v1/manifests', { as: almost, body })).status;
  await rules(allBut('create', 'groups'));
  expect(await apply()).toBe(403);
  await rules(only('create', 'groups'));
  expect(await apply()).toBe(403);
  await rules(`${only('update', 'manifests')}\n${only('create', 'groups')}`);
  expect(await apply()).toBe(200);
  // That it is so already is not for them to learn.
  expect(await apply()).toBe(403);
  const prune = await replica.call('PUT', '/v1/manifests?prune=true', { as: almost, body: [] });
  expect(prune.status).toBe(403);
});

test('rules count from the next request on, on every replica', async () => {
  const other = await installation.replica();
  const reads = async (at: Replica) => (await at.call('GET', '/v1/audit', { as: almost })).status;
  for (let round = 0; round < 3; round += 1) {
    await rules(only('read', 'audit'));
    expect([await reads(other), await reads(replica)]).toEqual([200, 200]);
    await rules(only('read', 'groups'));
    expect([await reads(other), await reads(replica)]).toEqual([403, 403]);
  }
}, 30_000);

test('an administrator who forbids everybody everything can take it back', async () => {
  const all = apiVerbs.map(action).join(', ');
  const cedar = `forbid (principal, action in [${all}], resource);`;
  expect((await replica.call('POST', '/v1/policies', { body: { name: 'oops', cedar } })).status).toBe(201);
  expect((await replica.call('GET', '/v1/resources')).status).toBe(403);
  expect((await replica.call('PUT', '/v1/manifests', { body: [] })).status).toBe(403);
  expect((await replica.call('GET', '/v1/policies/oops')).status).toBe(200);
  expect((await replica.call('DELETE', '/v1/policies/oops')).status).toBe(204);
  expect((await replica.call('GET', '/v1/resources')).status).toBe(200);
});
