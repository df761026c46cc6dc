import { Module } from '@nestjs/common';
import { ApprovalsModule } from '../approvals/approvals.module.js';
import { RecordingsModule } from '../recordings/recordings.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { GatewayCredentials } from './gateway-credentials.js';
import { GatewayHub } from './gateway-hub.js';
import { GatewaySocket } from './gateway.socket.js';
import { GatewaysController } from './gateways.controller.js';
import { GatewaysService } from './gateways.service.js';
import { Greeting } from './greeting.js';
import { MessageHandlers } from './message-handlers.js';

@Module({
  imports: [ApprovalsModule, SessionsModule, RecordingsModule],
  controllers: [GatewaysController],
  providers: [GatewaysService, GatewayCredentials, Greeting, MessageHandlers, GatewayHub, GatewaySocket],
})
export class GatewaysModule {}
