import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What administrators declare, the secrets behind it, and the revision that gateways follow. */
export class CreateConfiguration1795299000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE objects (
        kind text NOT NULL CHECK (kind IN ('Resource', 'ServiceAccount', 'Group', 'Policy')),
        name text NOT NULL,
        -- As declared, secrets left out.
        spec jsonb NOT NULL,
        version integer NOT NULL DEFAULT 1,
        -- Only what manifests declared is pruned by manifests.
        origin text NOT NULL CHECK (origin IN ('manifest', 'api')),
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, name)
      )`);
    await runner.query(`
      CREATE TABLE service_account_keys (
        id text PRIMARY KEY,
        kind text NOT NULL DEFAULT 'ServiceAccount' CHECK (kind = 'ServiceAccount'),
        service_account text NOT NULL,
        -- SHA-256 of the whole key text, hex.
        hash char(64) NOT NULL UNIQUE,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz,
        last_used_at timestamptz,
        FOREIGN KEY (kind, service_account) REFERENCES objects (kind, name) ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX service_account_keys_account ON service_account_keys (service_account, id)`);
    await runner.query(`
      CREATE TABLE secrets (
        kind text NOT NULL,
        name text NOT NULL,
        -- Part of what the encryption binds, with kind and name.
        version integer NOT NULL,
        wrapped_key bytea NOT NULL,
        ciphertext bytea NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (kind, name)
      )`);
    await runner.query(`
      CREATE TABLE policy_revision (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        revision bigint NOT NULL CHECK (revision > 0)
      )`);
    await runner.query(`INSERT INTO policy_revision (revision) VALUES (1)`);
    await runner.query(`
      CREATE TABLE bootstrap_use (
        -- SHA-256 of the token, hex: each token works once.
        token_hash char(64) PRIMARY KEY,
        used_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE idempotency_keys (
        caller text NOT NULL,
        key text NOT NULL,
        -- Keyed digest over method, path and body, hex: the body may hold a password.
        request_digest char(64) NOT NULL,
        -- All null while the first request still runs. Encrypted, since the answer may hold a key.
        status integer,
        wrapped_key bytea,
        ciphertext bytea,
        created_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (caller, key)
      )`);
    await runner.query(`CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'idempotency_keys',
      'bootstrap_use',
      'policy_revision',
      'secrets',
      'service_account_keys',
      'objects',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
