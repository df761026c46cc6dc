import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { apiRoutes } from '@sallyport/api-contract';
import type { AccessRule } from './platform/auth/authorize.js';
import { ACCESS_RULE } from './platform/auth/authorize.js';
import type { Replica, TestInstallation } from './testing/replica.js';
import { startInstallation } from './testing/replica.js';

let installation: TestInstallation;
let replica: Replica;

beforeAll(async () => {
  installation = await startInstallation();
  replica = await installation.replica();
  await replica.bootstrap();
}, 60_000);
afterAll(() => installation.stop());

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
}

/** What the HTTP server really answers to, as `get /v1/resources/{name}`. */
function servedRoutes(): string[] {
  const { router } = replica.app.getHttpAdapter().getInstance() as { router: { stack: Layer[] } };
  return router.stack.flatMap(({ route }) => {
    const methods = Object.keys(route?.methods ?? {}).filter((method) => route!.methods[method]);
    return methods.map((method) => `${method} ${route!.path.replaceAll(/:(\w+)/g, '{$1}')}`);
  });
}

/** A path with something in every place. */
function concrete(path: string): string {
  return path.replaceAll('{id}', '00000000-0000-4000-8000-000000000000').replaceAll('{name}', 'nobody');
}

test('the contract lists every route that is served, and no other', () => {
  const listed = apiRoutes.map(({ method, path }) => `${method} ${path}`);
  expect(servedRoutes().sort()).toEqual(listed.sort());
});

test('operation ids are unique', () => {
  const ids = apiRoutes.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test('/openapi.json describes every route', async () => {
  const { body } = await replica.call('GET', '/openapi.json', { as: null });
  expect(body.openapi).toBe('3.1.0');
  const described = Object.entries(body.paths as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  expect(described.sort()).toEqual(servedRoutes().sort());
});

test('ID-24: every handler says who may use it', () => {
  const discovery = new DiscoveryService(replica.app.get(ModulesContainer));
  const scanner = new MetadataScanner();
  const without: string[] = [];
  let handlers = 0;
  for (const { instance, metatype } of discovery.getControllers()) {
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    for (const name of scanner.getAllMethodNames(prototype)) {
      if (!Reflect.hasMetadata('path', prototype[name]!)) continue;
      handlers += 1;
      const rule = Reflect.getMetadata(ACCESS_RULE, prototype[name]!) as AccessRule | undefined;
      if (!rule) without.push(`${metatype?.name}.${name}`);
    }
  }
  expect(without).toEqual([]);
  expect(handlers).toBe(apiRoutes.length);
});

test.each(apiRoutes.map((route) => [`${route.method} ${route.path}`, route] as const))(
  '%s needs a credential unless the contract says that it is public',
  async (_, route) => {
    const { status, body, headers } = await replica.call(route.method.toUpperCase(), concrete(route.path), {
      as: null,
    });
    if (route.public) {
      expect(body?.code).not.toBe('unauthenticated');
    } else {
      expect(status).toBe(401);
      expect(route.failure ? body.status : body.code).toBe(route.failure ? '401' : 'unauthenticated');
      expect(headers.get('content-type')).toBe(route.failure?.type ?? 'application/problem+json');
      expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    }
  },
);

test('somebody in no group may ask who they are, see what concerns them, and nothing else', async () => {
  const nobody = await replica.account('nobody');
  const open: string[] = [];
  for (const route of apiRoutes.filter((one) => !one.public)) {
    const { status } = await replica.call(route.method.toUpperCase(), concrete(route.path), { as: nobody });
    if (status !== 403) open.push(`${route.id} ${status}`);
  }
  // What is not for them does not exist for them, and what has a body is read before it is judged.
  expect(open).toEqual([
    'whoami 200',
    ...['listLogins 200', 'deleteLogin 404', 'logout 409'],
    ...['listAccessRequests 200', 'createAccessRequest 422', 'getAccessRequest 404', 'approveAccessRequest 404'],
    ...['denyAccessRequest 422', 'withdrawAccessRequest 404', 'extendAccessRequest 422'],
    ...['listGrants 200', 'getGrant 404', 'deleteGrant 404'],
    ...['listApprovals 200', 'getApproval 404', 'approve 404', 'deny 422'],
  ]);
});

test('an auditor reads and changes nothing', async () => {
  const auditor = await replica.account('auditor', 'auditors');
  expect((await replica.call('GET', '/v1/audit', { as: auditor })).status).toBe(200);
  // Who decides, asks and gives up what is theirs is not for the API's rules to say.
  const own = ['approvals', 'access-requests', 'grants', 'logins'];
  for (const route of apiRoutes.filter(
    ({ method, public: isPublic, tag, id }) => method !== 'get' && !isPublic && !own.includes(tag) && id !== 'decide',
  )) {
    const { status } = await replica.call(route.method.toUpperCase(), concrete(route.path), { as: auditor });
    expect([route.path, status]).toEqual([route.path, 403]);
  }
});

test('an unknown path is a problem too, and never a stack', async () => {
  const { status, body, text } = await replica.call('GET', '/v1/nowhere');
  expect(status).toBe(404);
  expect(body.code).toBe('not-found');
  expect(text).not.toContain('node_modules');
});
