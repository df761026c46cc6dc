import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import type { ListQuery, Login } from '@sallyport/api-contract';
import { listQuery } from '@sallyport/api-contract';
import { principalRef } from '@sallyport/domain';
import type { DataSource } from 'typeorm';
import { API_JUDGE, type ApiJudge } from '../../platform/auth/api-judge.js';
import { Authenticated } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { DATA_SOURCE } from '../../platform/database/data-source.js';
import { decodeCursor, toPage, type Page } from '../../platform/http/pagination.js';
import { ProblemError } from '../../platform/http/problem-error.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { notFound } from '../configuration/plan.js';
import { loginIdOf } from './login-credentials.js';
import type { StoredLogin } from './login-store.js';
import { findStandingLogin, listLogins } from './login-store.js';
import { LoginService } from './login.service.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Logins: one's own, or everybody's for whom the API's policy lets. */
@Controller()
export class LoginsController {
  constructor(
    @Inject(DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(API_JUDGE) private readonly judge: ApiJudge,
    private readonly logins: LoginService,
  ) {}

  @Get('v1/logins')
  @Authenticated()
  async list(
    @Caller() caller: CallerIdentity,
    @Query(new ZodPipe(listQuery)) { cursor, limit }: ListQuery,
  ): Promise<Page<Login>> {
    const own = ownName(caller);
    const seesAll = this.judge(caller, 'read', 'logins');
    if (!seesAll && own === undefined) return { items: [], next: null };
    const before = cursor === undefined ? undefined : readCursor(cursor);
    const found = await listLogins(this.dataSource, {
      limit: limit + 1,
      ...(!seesAll && own !== undefined && { user: own }),
      ...(before && { before }),
    });
    return toPage(found.map(viewOf), limit, ({ createdAt, id }) => [createdAt, id]);
  }

  @Delete('v1/logins/:id')
  @HttpCode(204)
  @Authenticated()
  async delete(@Caller() caller: CallerIdentity, @Param('id') id: string): Promise<void> {
    const login = uuid.test(id) ? await findStandingLogin(this.dataSource, id) : undefined;
    const isOwn = login !== undefined && login.user === ownName(caller);
    // Whoever may not end it does not learn whether it is there.
    if (!login || !(isOwn || this.judge(caller, 'delete', 'logins'))) throw notFound('login', id);
    const reason = isOwn ? 'signed-out' : 'ended-by-administrator';
    await this.logins.end({ id }, { actor: principalRef(caller.principal), reason });
  }

  /** Ends the login whose token makes the request. */
  @Post('auth/logout')
  @HttpCode(204)
  @Authenticated()
  async logout(@Caller() caller: CallerIdentity): Promise<void> {
    const id = loginIdOf(caller.credentialId);
    if (id === undefined)
      throw new ProblemError(409, 'no-login', 'This credential is no login; there is nothing to end.');
    // An agent's token came from the person's login, which is not the agent's to end.
    if (caller.principal.type !== 'User') throw new ProblemError(403, 'forbidden', 'The login is not yours to end.');
    await this.logins.end({ id }, { actor: principalRef(caller.principal), reason: 'signed-out' });
  }
}

function ownName({ principal }: CallerIdentity): string | undefined {
  return principal.type === 'User' ? principal.id : undefined;
}

function readCursor(cursor: string): [string, string] {
  const [at, id] = decodeCursor(cursor, ['time', 'uuid']).map(String);
  return [at!, id!];
}

function viewOf(login: StoredLogin): Login {
  const { id, user, provider, client, createdAt, expiresAt, endedAt, endReason } = login;
  return {
    ...{ id, user, provider, client, endReason },
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}
