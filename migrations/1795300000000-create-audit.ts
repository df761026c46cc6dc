import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The audit trail: appended to, never changed. The trigger holds for the owner of the table as well. */
export class CreateAudit1795300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE audit_entries (
        seq bigint PRIMARY KEY,
        at timestamptz NOT NULL,
        actor text NOT NULL,
        action text NOT NULL,
        target text NOT NULL,
        -- The exact text that is hashed; the columns above repeat it for searching.
        body text NOT NULL,
        previous_hash char(64) NOT NULL,
        hash char(64) NOT NULL UNIQUE
      )`);
    await runner.query(`CREATE INDEX audit_entries_target ON audit_entries (target, seq)`);
    await runner.query(`
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`
      CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE audit_entries`);
    await runner.query(`DROP FUNCTION refuse_audit_change()`);
  }
}
