import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Approvals that outlive the connection they were asked for on: HTTP clients come back with the same request. */
export class PortableApprovals1795500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE approvals ADD COLUMN portable boolean NOT NULL DEFAULT false`);
    await runner.query(`CREATE INDEX approvals_portable ON approvals (binding_hash, created_at) WHERE portable`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE approvals DROP COLUMN portable`);
  }
}
