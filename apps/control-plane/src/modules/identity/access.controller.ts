import { Body, Controller, Post } from '@nestjs/common';
import type { BootstrapResult } from '@sallyport/api-contract';
import { bootstrapBody } from '@sallyport/api-contract';
import { Public } from '../../platform/auth/authorize.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { BootstrapService } from './bootstrap.service.js';

@Controller('v1')
export class AccessController {
  constructor(private readonly bootstrapping: BootstrapService) {}

  @Post('bootstrap')
  @Public()
  bootstrap(@Body(new ZodPipe(bootstrapBody)) { token }: { token: string }): Promise<BootstrapResult> {
    return this.bootstrapping.bootstrap(token);
  }
}
