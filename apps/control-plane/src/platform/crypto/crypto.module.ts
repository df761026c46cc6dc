import { Global, Module } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Config } from '../config/config.js';
import { CONFIG } from '../config/config.js';
import { DATA_SOURCE } from '../database/data-source.js';
import { EnvelopeCipher } from './envelope.js';
import { SecretStore } from './secret-store.js';
import { Signer } from './signer.js';
import { openSigningKey } from './signing-key.js';

@Global()
@Module({
  providers: [
    { provide: EnvelopeCipher, inject: [CONFIG], useFactory: (config: Config) => new EnvelopeCipher(config.masterKey) },
    SecretStore,
    {
      provide: Signer,
      inject: [DATA_SOURCE, SecretStore, CONFIG],
      useFactory: async (dataSource: DataSource, secrets: SecretStore, config: Config) =>
        new Signer(await openSigningKey(dataSource, secrets), config.publicUrl),
    },
  ],
  exports: [EnvelopeCipher, SecretStore, Signer],
})
export class CryptoModule {}
