import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';

/** In a process of its own: what is tested is that it does not abort. */
function run(script: string): string {
  const addon = createRequire(import.meta.url).resolve('ssh2/lib/protocol/crypto/build/Release/sshcrypto.node');
  const source = path.join(import.meta.dirname, 'lasting-ciphers.ts');
  const prelude = `
    import { createRequire } from 'node:module';
    import { LastingCiphers } from ${JSON.stringify(source)};
    const addon = createRequire(import.meta.url)(${JSON.stringify(addon)});
    const cipher = () => new addon.AESGCMDecipher('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12));
    // Fills the heap from compiled code, until it is collected.
    const fill = () => {
      let kept = [];
      for (let made = 0; made < 3e6; made += 1) {
        kept.push({ made });
        if (kept.length > 1e6) kept = [];
      }
    };`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--input-type=module', '-e', prelude + script],
    {
      encoding: 'utf8',
    },
  );
  return stdout + stderr;
}

test('SH-15: ciphers that nobody uses any more do not take the process with them', () => {
  const said = run(`
    new LastingCiphers().cover(addon);
    for (let made = 0; made < 100; made += 1) cipher();
    fill();
    console.log('alive', cipher() instanceof Object);`);
  expect(said).toBe('alive true\n');
});

test('they are released in time, and those in use are not', () => {
  const said = run(`
    const lasting = new LastingCiphers(1000);
    lasting.cover(addon);
    const inUse = Array.from({ length: 3000 }, cipher);
    for (let round = 0; round < 5; round += 1) {
      for (let made = 0; made < 995; made += 1) cipher();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    // Of 7,975 that were made.
    console.log(lasting.size >= inUse.length, lasting.size < 5000);`);
  expect(said).toBe('true true\n');
});

test('an addon is covered once', () => {
  const said = run(`
    new LastingCiphers().cover(addon);
    const { AESGCMCipher } = addon;
    new LastingCiphers().cover(addon);
    console.log(addon.AESGCMCipher === AESGCMCipher);`);
  expect(said).toBe('true\n');
});
