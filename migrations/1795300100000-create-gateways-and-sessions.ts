import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateGatewaysAndSessions1795300100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE gateway_enrolments (
        id uuid PRIMARY KEY,
        token_hash char(64) NOT NULL UNIQUE,
        gateway text NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        used_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE gateways (
        name text PRIMARY KEY,
        -- A new one with every enrolment: what an earlier holder of the name did stays its own.
        enrolment_id uuid NOT NULL REFERENCES gateway_enrolments (id),
        public_key jsonb NOT NULL,
        key_thumbprint text NOT NULL,
        enrolled_at timestamptz NOT NULL DEFAULT now(),
        version text,
        adapters jsonb NOT NULL DEFAULT '[]',
        connection_id uuid,
        last_seen_at timestamptz
      )`);
    await runner.query(`
      CREATE TABLE sessions (
        id uuid PRIMARY KEY,
        gateway text NOT NULL,
        enrolment_id uuid NOT NULL,
        principal jsonb NOT NULL,
        principal_ref text NOT NULL,
        credential_id text NOT NULL,
        resource text NOT NULL,
        protocol text NOT NULL,
        client_address text NOT NULL,
        started_at timestamptz NOT NULL,
        terminate_requested_at timestamptz,
        terminate_reason text,
        ended_at timestamptz,
        end_reason text
      )`);
    await runner.query(`CREATE INDEX sessions_newest ON sessions (started_at DESC, id DESC)`);
    await runner.query(`CREATE INDEX sessions_open ON sessions (gateway) WHERE ended_at IS NULL`);
    await runner.query(`CREATE INDEX sessions_principal ON sessions (principal_ref, started_at DESC)`);
    await runner.query(`
      CREATE TABLE recording_segments (
        session_id uuid NOT NULL REFERENCES sessions (id),
        index integer NOT NULL CHECK (index >= 0),
        sha256 char(64) NOT NULL,
        chain char(64) NOT NULL,
        bytes integer NOT NULL,
        last boolean NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (session_id, index)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['recording_segments', 'sessions', 'gateways', 'gateway_enrolments']) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
