import { Module } from '@nestjs/common';
import { CurrentJudge } from './current-judge.js';
import { DecisionsController } from './decisions.controller.js';
import { DecisionsService } from './decisions.service.js';

@Module({ controllers: [DecisionsController], providers: [CurrentJudge, DecisionsService], exports: [CurrentJudge] })
export class DecisionsModule {}
