import type { Demo } from './demo.js';

export interface DemoTextOptions {
  readonly demo: Demo;
  readonly ca: string;
  readonly postgresPort: number;
  /** `npx sallyport`, with `--data DIR` where it is not the default. */
  readonly command: string;
}

/** Commands to paste, in the order in which they tell the story. */
export function demoText({ demo, ca, postgresPort, command }: DemoTextOptions): string {
  const connection = `host=127.0.0.1 port=${postgresPort} dbname=shop user=ci sslmode=verify-ca sslrootcert=${ca}`;
  return `Try it: connect as the service account ci, with nothing but psql

  PGPASSWORD=$(cat ${demo.keyFiles['ci']}) psql "${connection}"

  SELECT id, name, email, ssn FROM customers ORDER BY id LIMIT 3;   -- e-mail and SSN come masked
  DROP TABLE orders;                                                -- denied, and psql says why
  DELETE FROM orders WHERE id = 7;                                  -- waits for somebody's approval

In another terminal

  ${command} approvals list
  ${command} approvals approve ID          # the DELETE goes on
  ${command} sessions list
  ${command} sessions replay ID            # what ci saw, and why
`;
}
