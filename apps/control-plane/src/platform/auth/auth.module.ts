import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { judgeApi } from '@sallyport/policy';
import { API_JUDGE } from './api-judge.js';
import { AuthGuard } from './auth.guard.js';

/** The one guard of every route. Whoever proves credentials provides CREDENTIAL_VERIFIER globally. */
@Global()
@Module({
  providers: [
    { provide: API_JUDGE, useValue: judgeApi },
    { provide: APP_GUARD, useClass: AuthGuard },
  ],
  exports: [API_JUDGE],
})
export class AuthModule {}
