import { Body, Controller, Get, Post } from '@nestjs/common';
import type { BootstrapResult, Whoami } from '@sallyport/api-contract';
import { bootstrapBody } from '@sallyport/api-contract';
import { principalRef } from '@sallyport/domain';
import { Authenticated, Public } from '../../platform/auth/authorize.js';
import type { CallerIdentity } from '../../platform/auth/caller.js';
import { Caller } from '../../platform/auth/caller.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { BootstrapService } from './bootstrap.service.js';

@Controller('v1')
export class AccessController {
  constructor(private readonly bootstrapping: BootstrapService) {}

  @Get('whoami')
  @Authenticated()
  whoami(@Caller() { principal, credentialId }: CallerIdentity): Whoami {
    const { groups, owner } = principal;
    return { principal: principalRef(principal), groups: [...groups], owner: owner ?? null, credentialId };
  }

  @Post('bootstrap')
  @Public()
  bootstrap(@Body(new ZodPipe(bootstrapBody)) { token }: { token: string }): Promise<BootstrapResult> {
    return this.bootstrapping.bootstrap(token);
  }
}
