import type { MigrationInterface, QueryRunner } from 'typeorm';

const kindsBefore = `'Resource', 'ServiceAccount', 'Group', 'Policy'`;

/** Trusted issuers: what may be declared, the keys they publish, and access tokens withdrawn before their time. */
export class CreateFederation1795400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE objects DROP CONSTRAINT objects_kind_check');
    await runner.query(`
      ALTER TABLE objects ADD CONSTRAINT objects_kind_check
        CHECK (kind IN (${kindsBefore}, 'User', 'Role', 'TrustedIssuer', 'IdentityProvider'))`);
    // Finds the person of an identity among tens of thousands.
    await runner.query(`
      CREATE INDEX objects_identities ON objects USING gin ((spec -> 'identities') jsonb_path_ops) WHERE kind = 'User'`);
    await runner.query(`
      CREATE TABLE issuer_keys (
        kind text NOT NULL DEFAULT 'TrustedIssuer' CHECK (kind = 'TrustedIssuer'),
        name text PRIMARY KEY,
        -- Where the keys came from: keys of one place never count for another.
        source text NOT NULL,
        -- As last fetched, reduced to what verifies signatures. Null: never fetched.
        jwks jsonb,
        -- The last fetch that worked.
        fetched_at timestamptz,
        valid_until timestamptz,
        -- What the newest revision that carried it told gateways of valid_until.
        published_until timestamptz,
        -- The last fetch that was tried: one at a time, and not too often.
        tried_at timestamptz,
        -- Why the last one failed, for administrators. Null: it did not.
        failure text,
        FOREIGN KEY (kind, name) REFERENCES objects (kind, name) ON DELETE CASCADE
      )`);
    await runner.query(`
      CREATE TABLE revoked_tokens (
        token_id text PRIMARY KEY,
        -- From then on the token is refused for its age.
        expires_at timestamptz NOT NULL,
        revoked_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX revoked_tokens_end ON revoked_tokens (expires_at)`);
    await runner.query(`
      CREATE TABLE exchanged_tokens (
        token_id text NOT NULL,
        -- A token it was made from: who withdraws that one withdraws this one too.
        parent_id text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (token_id, parent_id)
      )`);
    await runner.query(`CREATE INDEX exchanged_tokens_parent ON exchanged_tokens (parent_id)`);
    await runner.query(`CREATE INDEX exchanged_tokens_end ON exchanged_tokens (expires_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE exchanged_tokens');
    await runner.query('DROP TABLE revoked_tokens');
    await runner.query('DROP TABLE issuer_keys');
    await runner.query('DROP INDEX objects_identities');
    await runner.query(`DELETE FROM objects WHERE kind NOT IN (${kindsBefore})`);
    await runner.query('ALTER TABLE objects DROP CONSTRAINT objects_kind_check');
    await runner.query(`ALTER TABLE objects ADD CONSTRAINT objects_kind_check CHECK (kind IN (${kindsBefore}))`);
  }
}
