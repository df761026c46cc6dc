import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Members that accounts and groups have since: what older installations stored gets them, so that every reader finds them. */
export class CompleteAccounts1795400400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE objects SET spec = spec || '{"expiresAt": null}'
      WHERE kind = 'ServiceAccount' AND NOT spec ? 'expiresAt'`);
    await runner.query(`
      UPDATE objects SET spec = spec || '{"claims": []}'
      WHERE kind = 'Group' AND NOT spec ? 'claims'`);
    // Keys are forgotten by their end, account by account.
    await runner.query(`
      CREATE INDEX service_account_keys_ends ON service_account_keys (service_account, expires_at)
      WHERE expires_at IS NOT NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP INDEX service_account_keys_ends`);
    await runner.query(`UPDATE objects SET spec = spec - 'expiresAt' WHERE kind = 'ServiceAccount'`);
    await runner.query(`UPDATE objects SET spec = spec - 'claims' WHERE kind = 'Group'`);
  }
}
