import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateGrants1795400200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createRequests(runner);
    await createGrants(runner);
    await runner.query(`
      CREATE TABLE access_request_decisions (
        request_id uuid NOT NULL REFERENCES access_requests (id),
        -- The person behind the account, so that two accounts of one person are one decision.
        person text NOT NULL,
        verdict text NOT NULL CHECK (verdict IN ('approve', 'deny')),
        principal jsonb NOT NULL,
        credential_id text NOT NULL,
        comment text,
        decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (request_id, person, verdict)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE access_request_decisions`);
    await runner.query(`ALTER TABLE access_requests DROP COLUMN extends`);
    await runner.query(`DROP TABLE grants`);
    await runner.query(`DROP TABLE access_requests`);
    await runner.query(`DROP FUNCTION refuse_reviving_access()`);
  }
}

async function createRequests(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE access_requests (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      state text NOT NULL DEFAULT 'pending' CHECK
        (state IN ('pending', 'approved', 'denied', 'withdrawn', 'expired', 'void')),
      state_reason text,
      role text NOT NULL,
      -- Names, sorted.
      resources jsonb NOT NULL,
      -- Who is to have the role.
      principal text NOT NULL,
      requester jsonb NOT NULL,
      requester_ref text NOT NULL,
      -- The person behind the requester, to count what one person has waiting.
      person text NOT NULL,
      credential_id text NOT NULL,
      reason text NOT NULL,
      seconds integer NOT NULL CHECK (seconds > 0),
      break_glass boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      expires_at timestamptz NOT NULL,
      resolved_at timestamptz,
      CHECK ((state = 'pending') = (resolved_at IS NULL))
    )`);
  await runner.query(`CREATE INDEX access_requests_newest ON access_requests (created_at DESC, id DESC)`);
  await runner.query(`CREATE INDEX access_requests_pending ON access_requests (person) WHERE state = 'pending'`);
  await runner.query(`
    CREATE FUNCTION refuse_reviving_access() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% % has ended for good', TG_TABLE_NAME, OLD.id USING ERRCODE = 'check_violation';
    END $$`);
  await runner.query(`
    CREATE TRIGGER access_requests_one_final_state BEFORE UPDATE OF state ON access_requests FOR EACH ROW
    WHEN (OLD.state <> 'pending') EXECUTE FUNCTION refuse_reviving_access()`);
}

async function createGrants(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE TABLE grants (
      id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
      request_id uuid NOT NULL REFERENCES access_requests (id),
      principal text NOT NULL,
      role text NOT NULL,
      resources jsonb NOT NULL,
      break_glass boolean NOT NULL,
      started_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      ended_at timestamptz,
      end_reason text CHECK (end_reason IN ('expired', 'revoked')),
      ended_by text,
      CHECK ((ended_at IS NULL) = (end_reason IS NULL))
    )`);
  await runner.query(`ALTER TABLE access_requests ADD COLUMN extends uuid REFERENCES grants (id)`);
  await runner.query(`CREATE INDEX grants_newest ON grants (started_at DESC, id DESC)`);
  await runner.query(`CREATE INDEX grants_standing ON grants (expires_at) WHERE ended_at IS NULL`);
  await runner.query(`CREATE INDEX grants_of_request ON grants (request_id)`);
  await runner.query(`
    CREATE TRIGGER grants_end_once BEFORE UPDATE ON grants FOR EACH ROW
    WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION refuse_reviving_access()`);
}
