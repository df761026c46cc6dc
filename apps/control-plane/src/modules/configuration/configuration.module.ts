import { Global, Module } from '@nestjs/common';
import { ConfigurationService } from './configuration.service.js';
import { ObjectsService } from './objects.service.js';

/** Global: every module that declares something changes it here. */
@Global()
@Module({ providers: [ConfigurationService, ObjectsService], exports: [ConfigurationService, ObjectsService] })
export class ConfigurationModule {}
