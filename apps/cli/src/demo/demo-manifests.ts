import { demoDatabase, demoRole } from './demo-database.js';
import { hostPolicies, hostResource, type DemoHost } from './demo-host-manifests.js';

/** The files are read by the control plane when it applies this. */
export interface DemoUpstream {
  readonly port: number;
  readonly passwordFile: string;
  readonly orders: { readonly port: number; readonly tokenFile: string };
  readonly host: DemoHost;
}

export interface DemoManifestOptions extends DemoUpstream {
  /** SSH public key of the account ci. */
  readonly ciKey: string;
}

/** What `up --demo` applies once: a resource, two accounts, and policies that permit, deny, hold and mask. */
export function demoManifests({ port, passwordFile, orders, host, ciKey }: DemoManifestOptions): string {
  return `# Applied by \`sallyport up --demo\`. Change it and run \`sallyport apply -f\` on it.
kind: Resource
name: shop
spec:
  protocol: postgres
  labels: {env: demo}
  upstream: {host: 127.0.0.1, port: ${port}, database: ${demoDatabase}, tls: disable}
  credential: {username: ${demoRole}, password: {file: ${JSON.stringify(passwordFile)}}}
  classification:
    - {column: public.customers.email, tags: [pii], mask: pseudonym}
    - {column: public.customers.ssn, tags: [pii, secret], mask: redact}
---
${ordersResource(orders)}
---
${hostResource(host)}
---
kind: Group
name: ci
spec: {members: ["ServiceAccount::ci"]}
---
kind: Group
name: dba
spec:
  members: ["ServiceAccount::dba", "ServiceAccount::admin"]
  claims: [{issuer: dev, claim: groups, equals: dba}]
---
kind: ServiceAccount
name: ci
spec:
  owner: dana
  sshKeys: ["${ciKey}"]
---
kind: ServiceAccount
name: dba
spec: {owner: riley}
---
kind: Policy
name: ci-on-shop
spec:
  cedar: |
    permit (
      principal in Group::"ci",
      action in [Action::"connect", Action::"select"],
      resource in Resource::"shop"
    );

    @approval("dba")
    @expires("30m")
    @reason("deletes need a second pair of eyes")
    permit (principal in Group::"ci", action == Action::"delete", resource == Table::"shop/public.orders");

    @reason("the schema changes by migration, not by hand")
    forbid (principal in Group::"ci", action == Action::"alter", resource in Resource::"shop");
---
kind: Policy
name: dba-on-shop
spec:
  cedar: |
    // Everything that can be judged, \`reveal\` included; opaque code and server-side files stay denied.
    permit (
      principal in Group::"dba",
      action in [Action::"connect", Action::"read", Action::"write", Action::"alter", Action::"reveal"],
      resource in Resource::"shop"
    );
---
kind: Policy
name: ci-on-orders-api
spec:
  cedar: |
    permit (principal in Group::"ci", action == Action::"request", resource == Resource::"orders-api")
    when { context.http.method == "GET" && ["/orders", "/orders/{id}"].contains(context.http.route) };

    @approval("dba")
    @reason("deletes need a second pair of eyes")
    permit (principal in Group::"ci", action == Action::"request", resource == Resource::"orders-api")
    when { context.http.method == "DELETE" && context.http.route == "/orders/{id}" };
---
kind: Policy
name: dba-on-orders-api
spec:
  cedar: |
    permit (
      principal in Group::"dba",
      action in [Action::"request", Action::"reveal"],
      resource in Resource::"orders-api"
    );
---
${hostPolicies}
`;
}

/** The HTTP service alone: later starts apply it again where its port moved. */
export function ordersResource({ port, tokenFile }: DemoUpstream['orders']): string {
  return `kind: Resource
name: orders-api
spec:
  protocol: http
  labels: {env: demo}
  upstream: {url: "http://127.0.0.1:${port}"}
  credential: {bearer: {file: ${JSON.stringify(tokenFile)}}}
  http: {routes: ["/orders", "/orders/{id}", "/admin/export"]}
  classification:
    - {path: "$..email", tags: [pii], mask: pseudonym}
    - {path: "$..card", tags: [pii, secret], mask: redact}`;
}
