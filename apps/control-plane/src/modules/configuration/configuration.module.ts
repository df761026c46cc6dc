import { Global, Module } from '@nestjs/common';
import { API_RULES } from '../../platform/auth/api-judge.js';
import { ApiRulesService } from './api-rules.service.js';
import { ConfigurationService } from './configuration.service.js';
import { ObjectsService } from './objects.service.js';

/** Global: every module that declares something changes it here, and the guard judges by what is declared. */
@Global()
@Module({
  providers: [
    ApiRulesService,
    ConfigurationService,
    ObjectsService,
    { provide: API_RULES, useExisting: ApiRulesService },
  ],
  exports: [API_RULES, ApiRulesService, ConfigurationService, ObjectsService],
})
export class ConfigurationModule {}
