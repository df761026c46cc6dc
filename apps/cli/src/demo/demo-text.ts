import type { PortPlan } from '../local/port-plan.js';
import type { Demo } from './demo.js';
import { demoWorkload } from './demo-people.js';

export interface DemoTextOptions {
  readonly demo: Demo;
  readonly ca: string;
  readonly ports: PortPlan;
  /** `npx sallyport`, with `--data DIR` where it is not the default. */
  readonly command: string;
}

/** Commands to paste, in the order in which they tell the story. */
export function demoText({ demo, ca, ports, command }: DemoTextOptions): string {
  const connection = `host=127.0.0.1 port=${ports.postgres} dbname=shop sslmode=verify-ca sslrootcert=${ca}`;
  return `Try it: connect as the service account ci, with nothing but psql

  PGPASSWORD=$(cat ${demo.keyFiles['ci']}) psql "${connection} user=ci"

  SELECT id, name, email, ssn FROM customers ORDER BY id LIMIT 3;   -- e-mail and SSN come masked
  DROP TABLE orders;                                                -- denied, and psql says why
  DELETE FROM orders WHERE id = 7;                                  -- waits for somebody's approval

In another terminal

  ${command} approvals list
  ${command} approvals approve ID          # the DELETE goes on
  ${command} sessions list
  ${command} sessions replay ID            # what ci saw, and why

An HTTP service, with nothing but curl

  ORDERS=https://127.0.0.1:${ports.https}/http/orders-api
  AUTH="Authorization: Bearer $(cat ${demo.keyFiles['ci']})"
  curl -s --cacert ${ca} -H "$AUTH" $ORDERS/orders/1                 # e-mail and card come masked
  curl -s --cacert ${ca} -H "$AUTH" $ORDERS/admin/export             # denied
  curl -si --cacert ${ca} -H "$AUTH" -H 'Prefer: wait=2' -X DELETE $ORDERS/orders/3   # held: 202 and where to look
  ${command} approvals approve ID
  curl -si --cacert ${ca} -H "$AUTH" -H 'Sallyport-Approval: ID' -X DELETE $ORDERS/orders/3

A server, with nothing but ssh: the key of the account ci is registered (the token in ${demo.keyFiles['ci']} works as a password)

  s() { ssh -F ${demo.sshConfig} host-1 "$@"; }
  s uptime                                 # runs
  s 'uptime; id'                           # denied: not one plain command
  s cat payroll.csv                        # denied: not on the list
  s rm old.log                             # waits for somebody's approval
  s                                        # no shell: line by line, each judged by itself
${demo.cluster ? kubernetesText(command, demo.keyFiles['ci']!) : ''}
Be a person: choose Dana on the page that opens, and Riley for the second

  ${command} --profile dana login
  ${command} --profile riley login
  ${command} --profile dana requests create --role shop-operator --resource shop --for 60s --reason 'refund of order 8'
  ${command} --profile riley requests approve ID
  PGPASSWORD=$(${command} --profile dana token) psql "${connection} user=dana"    # for 60 seconds

Be a pipeline: its CI's token is the password, and another repository's is not

  TOKEN=$(curl -s -d '${JSON.stringify(demoWorkload)}' ${demo.issuer}/workload-token)
  PGPASSWORD=$TOKEN psql "${connection} user=pipeline" -c 'SELECT count(*) FROM orders'
`;
}

function kubernetesText(command: string, keyFile: string): string {
  return `
A Kubernetes cluster, with nothing but kubectl

  ${command} kubeconfig cluster --key-file ${keyFile} --output ci.kubeconfig
  export KUBECONFIG=$PWD/ci.kubeconfig
  kubectl get secrets -A -o yaml           # data comes masked
  kubectl delete pod NAME                  # waits for somebody's approval
  kubectl exec NAME -- env                 # recorded: sessions replay ID
`;
}
