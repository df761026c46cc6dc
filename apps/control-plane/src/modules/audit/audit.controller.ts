import { Controller, Get, Query } from '@nestjs/common';
import type { AuditEntry, AuditIntegrity, AuditIntegrityQuery, AuditQuery } from '@sallyport/api-contract';
import { auditIntegrityQuery, auditQuery } from '@sallyport/api-contract';
import { Authorize } from '../../platform/auth/authorize.js';
import type { Page } from '../../platform/http/pagination.js';
import { ZodPipe } from '../../platform/http/zod.pipe.js';
import { AuditService } from './audit.service.js';

@Controller('v1/audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  @Get()
  @Authorize('read', 'audit')
  list(@Query(new ZodPipe(auditQuery)) query: AuditQuery): Promise<Page<AuditEntry>> {
    return this.audit.list(query);
  }

  @Get('integrity')
  @Authorize('read', 'audit')
  integrity(@Query(new ZodPipe(auditIntegrityQuery)) { head }: AuditIntegrityQuery): Promise<AuditIntegrity> {
    return this.audit.verify(head);
  }
}
