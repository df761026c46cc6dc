import { Body, Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { Enrolment, EnrolmentBody, Gateway } from '@sallyport/api-contract';
import { enrolmentBody, gatewayName } from '@sallyport/api-contract';
import { Authorize } from '../../platform/auth/authorize.js';
import { Caller, type CallerIdentity } from '../../platform/auth/caller.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { GatewaysService } from './gateways.service.js';

const name = new ZodPipe(gatewayName);

@Controller('v1/gateways')
export class GatewaysController {
  constructor(private readonly gateways: GatewaysService) {}

  @Get()
  @Authorize('read', 'gateways')
  list(): Promise<Page<Gateway>> {
    return this.gateways.list();
  }

  @Post('enrolments')
  @Authorize('create', 'gateways')
  enrolment(
    @Body(new ZodPipe(enrolmentBody)) body: EnrolmentBody,
    @Caller() caller: CallerIdentity,
  ): Promise<Enrolment> {
    return this.gateways.createEnrolment(body, caller);
  }

  @Get(':name')
  @Authorize('read', 'gateways')
  get(@Param('name', name) wanted: string): Promise<Gateway> {
    return this.gateways.get(wanted);
  }

  @Delete(':name')
  @HttpCode(204)
  @Authorize('delete', 'gateways')
  async revoke(@Param('name', name) unwanted: string, @Caller() caller: CallerIdentity): Promise<void> {
    await this.gateways.revoke(unwanted, caller);
  }
}
