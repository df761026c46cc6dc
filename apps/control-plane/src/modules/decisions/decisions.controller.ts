import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import type { DecisionRequest, DecisionResult } from '@sallyport/api-contract';
import { decisionRequest } from '@sallyport/api-contract';
import { Authorize } from '../../platform/auth/authorize.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { DecisionsService } from './decisions.service.js';

@Controller('v1/decisions')
export class DecisionsController {
  constructor(private readonly decisions: DecisionsService) {}

  /** Asking changes nothing, but tells much about policies: it is a read of them. */
  @Post()
  @HttpCode(200)
  @Authorize('read', 'decisions')
  decide(@Body(new ZodPipe(decisionRequest)) request: DecisionRequest): Promise<DecisionResult> {
    return this.decisions.decide(request);
  }
}
