import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateApprovals1795300200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE approvals (
        id uuid PRIMARY KEY,
        state text NOT NULL DEFAULT 'pending' CHECK
          (state IN ('pending', 'approved', 'consumed', 'denied', 'expired', 'abandoned', 'void')),
        state_reason text,
        session_id uuid NOT NULL REFERENCES sessions (id),
        gateway text NOT NULL,
        requester jsonb NOT NULL,
        requester_ref text NOT NULL,
        credential_id text NOT NULL,
        resource text NOT NULL,
        protocol text NOT NULL,
        client_address text NOT NULL,
        seq integer NOT NULL,
        decision_id text NOT NULL,
        kind text NOT NULL,
        text text NOT NULL,
        parameters jsonb,
        effects jsonb NOT NULL,
        terms jsonb NOT NULL,
        policy_revision bigint NOT NULL,
        binding_hash char(64) NOT NULL,
        reasons jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        resolved_at timestamptz,
        consumed_at timestamptz,
        -- Apart from the state: what became of the one execution, as far as anybody knows.
        outcome text CHECK (outcome IN ('completed', 'failed', 'unknown')),
        outcome_detail text,
        CHECK (outcome IS NULL OR state = 'consumed')
      )`);
    await runner.query(`CREATE INDEX approvals_newest ON approvals (created_at DESC, id DESC)`);
    await runner.query(`CREATE INDEX approvals_session ON approvals (session_id)`);
    await runner.query(`
      CREATE INDEX approvals_live ON approvals (expires_at) WHERE state IN ('pending', 'approved')`);
    await runner.query(`CREATE INDEX approvals_pending ON approvals (requester_ref) WHERE state = 'pending'`);
    await runner.query(`
      CREATE FUNCTION refuse_leaving_final_state() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'approval % is % for good', OLD.id, OLD.state USING ERRCODE = 'check_violation';
      END $$`);
    await runner.query(`
      CREATE TRIGGER approvals_one_final_state BEFORE UPDATE OF state ON approvals FOR EACH ROW
      WHEN (OLD.state NOT IN ('pending', 'approved')) EXECUTE FUNCTION refuse_leaving_final_state()`);
    await runner.query(`
      CREATE TABLE approval_decisions (
        approval_id uuid NOT NULL REFERENCES approvals (id),
        -- The person behind the account, so that two accounts of one person are one decision.
        person text NOT NULL,
        verdict text NOT NULL CHECK (verdict IN ('approve', 'deny')),
        principal jsonb NOT NULL,
        credential_id text NOT NULL,
        comment text,
        decided_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (approval_id, person, verdict)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE approval_decisions`);
    await runner.query(`DROP TABLE approvals`);
    await runner.query(`DROP FUNCTION refuse_leaving_final_state()`);
  }
}
