import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { makeSshKey } from '@sallyport/testing';

/** An authority's files, and the certificates that ssh-keygen makes with them. */
export class TestingAuthority {
  #made = 0;

  /** @param folder for their files; has to be there */
  constructor(private readonly folder: string) {
    makeSshKey(path.join(folder, 'authority'));
  }

  /** For sshd's `TrustedUserCAKeys`. */
  get publicKeyFile(): string {
    return path.join(this.folder, 'authority.pub');
  }

  /** A new private key, in OpenSSH's format. @param options of ssh-keygen: Ed25519 unless they say otherwise */
  key(...options: readonly string[]): CertifiedKey {
    this.#made += 1;
    const file = path.join(this.folder, `key-${this.#made}`);
    return { file, privateKey: makeSshKey(file, ...options) };
  }

  /** @param options of ssh-keygen: `-n` principals, `-V` validity, `-h` for a host @returns what it wrote */
  certify({ file }: CertifiedKey, ...options: readonly string[]): string {
    const authority = path.join(this.folder, 'authority');
    execFileSync('ssh-keygen', ['-q', '-s', authority, '-I', 'gateway', ...options, `${file}.pub`]);
    return fs.readFileSync(`${file}-cert.pub`, 'utf8');
  }
}

export interface CertifiedKey {
  readonly file: string;
  readonly privateKey: string;
}
