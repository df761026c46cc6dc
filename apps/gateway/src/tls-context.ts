import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Logger } from './logger.js';

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const checkEveryMs = 30_000;

/** The listeners' certificate, read again when its files change, so that renewing it needs no restart. */
export class TlsContext {
  #context: SecureContext;
  #changed: string;
  readonly #timer: NodeJS.Timeout;

  /** @throws when the files cannot be read or do not belong together. */
  constructor(
    private readonly files: TlsFiles,
    private readonly log: Logger,
  ) {
    this.#changed = this.#version();
    this.#context = this.#load();
    this.#timer = setInterval(() => this.refresh(), checkEveryMs);
    this.#timer.unref();
  }

  get context(): SecureContext {
    return this.#context;
  }

  /** Keeps the old certificate when the new one is not usable (yet): the two files change one after the other. */
  refresh(): void {
    try {
      const version = this.#version();
      if (version === this.#changed) return;
      this.#context = this.#load();
      this.#changed = version;
      this.log.info('the TLS certificate was read again');
    } catch (error) {
      this.log.error({ error: (error as Error).message }, 'the new TLS certificate cannot be used');
    }
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #load(): SecureContext {
    const { certFile, keyFile } = this.files;
    return createSecureContext({ cert: readFileSync(certFile), key: readFileSync(keyFile), minVersion: 'TLSv1.2' });
  }

  #version(): string {
    return [this.files.certFile, this.files.keyFile].map((file) => statSync(file).mtimeMs).join(' ');
  }
}
