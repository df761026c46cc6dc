import type { Demo } from './demo.js';
import { demoWorkload } from './demo-people.js';

export interface DemoTextOptions {
  readonly demo: Demo;
  readonly ca: string;
  readonly postgresPort: number;
  /** `npx sallyport`, with `--data DIR` where it is not the default. */
  readonly command: string;
}

/** Commands to paste, in the order in which they tell the story. */
export function demoText({ demo, ca, postgresPort, command }: DemoTextOptions): string {
  const connection = `host=127.0.0.1 port=${postgresPort} dbname=shop sslmode=verify-ca sslrootcert=${ca}`;
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
