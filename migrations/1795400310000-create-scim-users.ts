import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a directory calls the people it manages by SCIM (RFC 7643 §4.1.1); who they are is their User object. */
export class CreateScimUsers1795400310000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE scim_users (
        provider text NOT NULL,
        -- The identity's subject: SCIM's externalId.
        subject text NOT NULL,
        user_name text NOT NULL,
        -- Grows with every change of the row; part of the ETag.
        revision integer NOT NULL DEFAULT 1,
        -- Deleted at the directory: disabled here, and no longer shown to it.
        deleted boolean NOT NULL DEFAULT false,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (provider, subject)
      )`);
    // SCIM compares userName without regard to case.
    await runner.query(`CREATE INDEX scim_users_name ON scim_users (provider, lower(user_name)) WHERE NOT deleted`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE scim_users`);
  }
}
