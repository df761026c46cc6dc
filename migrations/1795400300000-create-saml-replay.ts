import type { MigrationInterface, QueryRunner } from 'typeorm';

/** SAML assertions that were used, for as long as their own times would let them be used again: shared by all replicas. */
export class CreateSamlReplay1795400300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE saml_assertions (
        provider text NOT NULL,
        assertion_id text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (provider, assertion_id)
      )`);
    await runner.query(`CREATE INDEX saml_assertions_age ON saml_assertions (expires_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE saml_assertions`);
  }
}
