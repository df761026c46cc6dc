import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { ApiRules } from './api-judge.js';
import { API_JUDGE, API_RULES } from './api-judge.js';
import { AuthGuard } from './auth.guard.js';

/** The one guard of every route. Whoever proves credentials provides CREDENTIAL_VERIFIER globally, whoever keeps policies API_RULES. */
@Global()
@Module({
  providers: [
    { provide: API_JUDGE, inject: [API_RULES], useFactory: (rules: ApiRules) => rules.judge },
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
  exports: [API_JUDGE],
})
export class AuthModule {}
