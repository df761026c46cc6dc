import { Module } from '@nestjs/common';
import { ManifestsController } from './manifests.controller.js';
import { ManifestsService } from './manifests.service.js';

@Module({ controllers: [ManifestsController], providers: [ManifestsService] })
export class ManifestsModule {}
