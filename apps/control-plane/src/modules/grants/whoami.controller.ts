import { Controller, Get, Query } from '@nestjs/common';
import type { Whoami } from '@sallyport/api-contract';
import { whoamiQuery } from '@sallyport/api-contract';
import type { z } from 'zod';
import { Authenticated } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { WhoamiService } from './whoami.service.js';

@Controller('v1/whoami')
export class WhoamiController {
  constructor(private readonly answers: WhoamiService) {}

  @Get()
  @Authenticated()
  whoami(
    @Query(new ZodPipe(whoamiQuery)) { explain }: z.infer<typeof whoamiQuery>,
    @Caller() caller: CallerIdentity,
  ): Promise<Whoami> {
    return this.answers.whoami(caller, explain === 'true');
  }
}
