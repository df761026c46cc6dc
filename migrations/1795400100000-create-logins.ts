import type { MigrationInterface, QueryRunner } from 'typeorm';

/** People's logins, and what leads to one: flows through a browser, codes, refresh tokens. No token is stored as such. */
export class CreateLogins1795400100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE logins (
        id uuid PRIMARY KEY,
        kind text NOT NULL DEFAULT 'User' CHECK (kind = 'User'),
        user_name text NOT NULL,
        -- The identity that was proved.
        provider text NOT NULL,
        subject text NOT NULL,
        -- The identity provider's own session, where it names one: what a back-channel logout may end.
        idp_session text,
        client text NOT NULL,
        -- Rules of groups that its claims met, [{group, claim, equals}]: they count while the group still has them.
        grounds jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        ended_at timestamptz,
        end_reason text,
        CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
        FOREIGN KEY (kind, user_name) REFERENCES objects (kind, name) ON DELETE CASCADE
      )`);
    await runner.query(`CREATE INDEX logins_user ON logins (user_name, created_at DESC)`);
    await runner.query(`CREATE INDEX logins_standing ON logins (provider, subject) WHERE ended_at IS NULL`);
    await runner.query(`CREATE INDEX logins_age ON logins (expires_at)`);
    await runner.query(`
      CREATE TABLE login_flows (
        -- SHA-256 of the state that travels through the browser, hex.
        handle_hash char(64) PRIMARY KEY,
        -- SHA-256 of the cookie of the browser that began it.
        browser_hash char(64) NOT NULL,
        -- Who gets the login: an OAuth client's request, or a device that waits.
        request jsonb NOT NULL,
        provider text,
        -- Who it is, once proved, where the person has yet to say yes or the browser has yet to come back.
        proved jsonb,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL
      )`);
    await runner.query(`CREATE INDEX login_flows_age ON login_flows (expires_at)`);
    await runner.query(`
      CREATE TABLE authorization_codes (
        code_hash char(64) PRIMARY KEY,
        login_id uuid NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
        client text NOT NULL,
        redirect_uri text NOT NULL,
        code_challenge text NOT NULL,
        expires_at timestamptz NOT NULL,
        -- Kept after use: a second use ends the login.
        used_at timestamptz
      )`);
    await runner.query(`CREATE INDEX authorization_codes_age ON authorization_codes (expires_at)`);
    await runner.query(`
      CREATE TABLE refresh_tokens (
        token_hash char(64) PRIMARY KEY,
        login_id uuid NOT NULL REFERENCES logins (id) ON DELETE CASCADE,
        client text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        -- Kept after use: a second use ends the login.
        used_at timestamptz
      )`);
    await runner.query(`CREATE INDEX refresh_tokens_login ON refresh_tokens (login_id)`);
    await runner.query(`
      CREATE TABLE device_codes (
        id uuid PRIMARY KEY,
        device_code_hash char(64) NOT NULL UNIQUE,
        user_code_hash char(64) NOT NULL UNIQUE,
        client text NOT NULL,
        -- Whose request it is, to show to the person who is asked to allow it.
        client_address text NOT NULL,
        state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'approved', 'denied', 'used')),
        login_id uuid REFERENCES logins (id) ON DELETE CASCADE,
        poll_seconds integer NOT NULL,
        polled_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        CHECK ((state IN ('approved', 'used')) = (login_id IS NOT NULL))
      )`);
    await runner.query(`CREATE INDEX device_codes_age ON device_codes (expires_at)`);
    await runner.query(`
      CREATE TABLE user_code_failures (
        address text NOT NULL,
        at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`CREATE INDEX user_code_failures_age ON user_code_failures (at)`);
    await runner.query(`
      CREATE TABLE used_logout_tokens (
        provider text NOT NULL,
        token_id text NOT NULL,
        expires_at timestamptz NOT NULL,
        PRIMARY KEY (provider, token_id)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [
      'used_logout_tokens',
      'user_code_failures',
      'device_codes',
      'refresh_tokens',
      'authorization_codes',
      'login_flows',
      'logins',
    ]) {
      await runner.query(`DROP TABLE ${table}`);
    }
  }
}
