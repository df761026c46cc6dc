import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { proves } from '../../proves.js';
import { address } from '../../servers/ssh-box.js';
import { SshUnderTest } from '../../servers/ssh-stack.js';

const refused = 126;

describe('SSH', () => {
  const under = new SshUnderTest();
  const open = (name: string): string => join(under.box.folder, 'open', name);
  const own = (name: string): string => join(under.home, name);

  describe('commands', () => {
    proves('ssh', 'query:permitted', async () => {
      expect(await under.ssh('ci', 'echo one two')).toMatchObject({ code: 0, out: 'one two\n', error: '' });
      expect(await under.ssh('ci', 'cat', { input: 'typed\n' })).toMatchObject({ code: 0, out: 'typed\n' });
      expect((await under.ssh('ci', 'false')).code).toBe(1);
      const operator = await under.ssh('operator', 'echo out; echo problem >&2; exit 7');
      expect(operator).toMatchObject({ code: 7, out: 'out\n', error: 'problem\n' });
      const shell = await under.as('operator').ssh([], { before: ['-tt'], input: 'echo $((40+2)); exit 3\n' });
      expect(shell.code).toBe(3);
      expect(shell.out).toContain('42');
    });

    proves('ssh', 'query:denied', async () => {
      const { code, out, error } = await under.ssh('ci', `rm ${open('people')}`);
      expect({ code, out }).toEqual({ code: refused, out: '' });
      expect(error).toMatch(/blocked by access policy: nothing is removed here \(decision [0-9a-f-]{36}\.\d+\)/);
      expect(error).not.toContain('nothing-is-removed');
      expect(under.exists(open('people'))).toBe(true);
      expect((await under.ssh('ci', 'uname')).code).toBe(refused);
      expect((await under.ssh('files', '', { before: ['-tt'] })).code).toBe(refused);
    });

    proves('ssh', 'query:mixed:denied', async () => {
      for (const join of [';', '&&', '||', '|', '&', '\n', '\r\n']) {
        const marker = under.marker();
        const { code, out } = await under.ssh('ci', `echo one${join}touch ${marker}`);
        expect([join, code, out]).toEqual([join, refused, '']);
        expect(under.exists(marker)).toBe(false);
      }
    });

    proves('ssh', 'query:unparsable', async () => {
      const marker = under.marker();
      for (const text of [
        `echo "`,
        `echo $(touch ${marker})`,
        `echo 'x' \`touch ${marker}\``,
        `$'echo' x`,
        'echo >(',
        'if',
      ]) {
        expect([text, (await under.ssh('ci', text)).code]).toEqual([text, refused]);
      }
      expect(under.exists(marker)).toBe(false);
    });

    proves('ssh', 'query:encoding', async () => {
      const marker = under.marker();
      // ssh passes its arguments on as bytes, which Node cannot: a shell can.
      const script = `exec ssh "$@" "$(printf 'touch ${marker} \\377')"`;
      const { code } = await under.tool('operator', 'sh', ['-c', script, 'sh', ...under.as('operator').target()]);
      expect(code).toBe(255);
      expect(under.exists(marker)).toBe(false);
    });

    proves('ssh', 'query:opaque:denied', async () => {
      const marker = under.marker();
      for (const text of [
        `sh -c "touch ${marker}"`,
        'python3',
        `env touch ${marker}`,
        `find / -exec touch ${marker} +`,
      ]) {
        expect([text, (await under.ssh('ci', text, { input: `touch ${marker}\n` })).code]).toEqual([text, refused]);
      }
      expect((await under.ssh('ci', 'cat', { before: ['-tt'], input: '\x04' })).code).toBe(0);
      expect(under.exists(marker)).toBe(false);
    });

    proves('ssh', 'query:settings:denied', async () => {
      const before = ['-o', 'SetEnv=LC_TEST=kept LD_PRELOAD=/tmp/evil.so BASH_ENV=/tmp/evil PATH=/tmp'];
      const { out } = await under.ssh(
        'operator',
        'echo "$LC_TEST-$LD_PRELOAD-$BASH_ENV-"; case $PATH in /tmp) echo bad; esac',
        {
          before,
        },
      );
      expect(out).toBe('kept---\n');
    });
  });

  describe('files and tools', () => {
    test('files are copied by sftp, scp, scp of old and rsync', async () => {
      writeFileSync(own('source'), 'Sallyport '.repeat(50_000));
      const content = readFileSync(own('source'));
      const ci = under.as('ci');
      const batch = `put ${own('source')} ${open('by-sftp')}\nget ${open('by-sftp')} ${own('back')}\nls ${open('')}\n`;
      expect(await ci.sftp(batch)).toMatchObject({ code: 0, error: '' });
      expect(readFileSync(own('back')).equals(content)).toBe(true);
      expect((await ci.scp(own('source'), `box@127.0.0.1:${open('by-scp')}`)).code).toBe(0);
      expect(readFileSync(open('by-scp')).equals(content)).toBe(true);
      const operator = under.as('operator');
      expect((await operator.scp('-O', own('source'), `box@127.0.0.1:${open('by-old-scp')}`)).code).toBe(0);
      expect(readFileSync(open('by-old-scp')).equals(content)).toBe(true);
      const shell = ['ssh', ...operator.options, '-p', String(operator.port)].join(' ');
      const copied = await under.tool('operator', 'rsync', [
        '-a',
        '-e',
        shell,
        own('source'),
        `box@127.0.0.1:${open('by-rsync')}`,
      ]);
      expect(copied).toMatchObject({ code: 0, error: '' });
      expect(readFileSync(open('by-rsync')).equals(content)).toBe(true);
    }, 60_000);

    test('git clones and pushes, and with one repository in its rule clones that one', async () => {
      const git = (account: 'ci' | 'operator', ...args: string[]): Promise<{ code: number | null; error: string }> => {
        const { options, port } = under.as(account);
        const identity = {
          GIT_AUTHOR_NAME: 'a',
          GIT_AUTHOR_EMAIL: 'a@b.c',
          GIT_COMMITTER_NAME: 'a',
          GIT_COMMITTER_EMAIL: 'a@b.c',
        };
        return under.tool(account, 'git', args, {
          ...identity,
          GIT_SSH_COMMAND: ['ssh', ...options, '-p', String(port)].join(' '),
        });
      };
      const remote = (name: string): string => `ssh://box@127.0.0.1${open(name)}`;
      await git('operator', 'init', '-q', '--bare', open('repository'));
      await git('operator', 'init', '-q', '--bare', open('other'));
      expect((await git('operator', 'clone', '-q', remote('repository'), own('work'))).code).toBe(0);
      expect((await git('operator', '-C', own('work'), 'commit', '-q', '--allow-empty', '-m', 'one')).code).toBe(0);
      expect(await git('operator', '-C', own('work'), 'push', '-q', 'origin', 'HEAD:main')).toMatchObject({ code: 0 });
      expect(await git('ci', 'clone', '-q', remote('repository'), own('clone'))).toMatchObject({ code: 0 });
      expect((await git('ci', 'clone', '-q', remote('other'), own('clone-of-other'))).code).not.toBe(0);
      expect((await git('ci', '-C', own('clone'), 'push', '-q', 'origin', 'HEAD:stolen')).code).not.toBe(0);
    }, 60_000);

    test('what configuration management runs over a shared connection runs', async () => {
      const operator = under.as('operator');
      const shared = ['-C', '-o', 'ControlMaster=auto', '-o', 'ControlPersist=5s', '-o', `ControlPath=${own('mux')}`];
      const folder = open('managed');
      for (const command of [
        'echo ~ && sleep 0',
        `( umask 77 && mkdir -p "${folder}" && echo "${folder}" )`,
        `test -d ${folder}`,
      ]) {
        const { code, error } = await operator.ssh([`/bin/sh -c '${command}'`], { before: shared });
        expect([command, code, error]).toEqual([command, 0, expect.any(String)]);
      }
      expect(under.exists(folder)).toBe(true);
      await operator.ssh([], { before: [...shared, '-O', 'exit'] });
    }, 60_000);

    proves('ssh', 'query:side-door:denied', async () => {
      const files = under.as('files');
      mkdirSync(own('loot'), { recursive: true });
      expect((await files.sftp(`get ${open('people')} ${own('loot/people')}\n`)).code).toBe(0);
      expect((await files.scp('-O', `box@127.0.0.1:${open('people')}`, own('loot/old'))).code).not.toBe(0);
      const shell = ['ssh', ...files.options, '-p', String(files.port)].join(' ');
      const copied = await under.tool('files', 'rsync', [
        '-e',
        shell,
        `box@127.0.0.1:${open('people')}`,
        own('loot/rsync'),
      ]);
      expect(copied.code).not.toBe(0);
      for (const command of ['/usr/lib/openssh/sftp-server', 'internal-sftp', 'true']) {
        expect([command, (await under.ssh('files', command)).code]).toEqual([command, refused]);
      }
      // And who may run commands reads no file besides.
      for (const path of [join(under.box.folder, 'secret/key'), `${open('')}../secret/key`]) {
        expect((await under.as('ci').sftp(`get ${path} ${own('loot/key')}\n`)).code).not.toBe(0);
      }
      for (const name of ['old', 'rsync', 'key']) expect(under.exists(own(`loot/${name}`))).toBe(false);
    });
  });

  describe('masks', () => {
    const masked = { user: 'masked' };

    proves('ssh', 'mask:direct', async () => {
      const { code, out } = await under.ssh('ci', `cat ${open('people')}`, masked);
      expect(code).toBe(0);
      expect(out).toMatch(/^mail \S+ today\n$/);
      expect(out).not.toContain('canary');
      // However small the pieces are that it comes in.
      const slow = await under.ssh('ci', 'cat', { ...masked, input: `${'x'.repeat(32_760)} ${address}\n` });
      expect(slow.out).not.toContain('canary');
      expect((await under.ssh('ci', `cat ${open('people')}`)).out).toContain(address);
    });

    proves('ssh', 'mask:errors', async () => {
      const { code, error } = await under.ssh('ci', `ls ${address}`, masked);
      expect(code).not.toBe(0);
      expect(error).toContain('cannot access');
      expect(error).not.toContain('canary');
    });

    proves('ssh', 'mask:derived', async () => {
      const ci = under.as('ci');
      // A small text is shown as programs show it, whichever way it is fetched; its size is what the client gets.
      expect(await ci.sftp(`get ${open('people')} ${own('got')}\n`, 'masked')).toMatchObject({ code: 0, error: '' });
      expect((await ci.scp(`masked@127.0.0.1:${open('people')}`, own('copied'))).code).toBe(0);
      for (const name of ['got', 'copied']) expect(readFileSync(own(name), 'utf8')).toBe('mail [redacted] today\n');
      writeFileSync(own('part'), 'mail [red');
      expect((await ci.sftp(`reget ${open('people')} ${own('part')}\n`, 'masked')).code).toBe(0);
      expect(readFileSync(own('part'), 'utf8')).toBe('mail [redacted] today\n');
      // What no detector can look through for certain is a way past them.
      writeFileSync(open('packed'), gzipSync(address));
      writeFileSync(open('wide'), Buffer.from(address, 'utf16le'));
      writeFileSync(open('large'), `${'x'.repeat(1 << 20)} ${address}`);
      for (const name of ['packed', 'wide', 'large']) {
        const { code, error } = await ci.sftp(`get ${open(name)} ${own('unmasked')}\n`, 'masked');
        expect([name, code]).toEqual([name, 1]);
        expect(error).toContain('blocked by access policy: its content has to be masked');
        expect((await ci.scp(`masked@127.0.0.1:${open(name)}`, own('unmasked'))).code).not.toBe(0);
        expect(under.exists(own('unmasked'))).toBe(false);
      }
    });

    proves('ssh', 'mask:revealed', async () => {
      expect((await under.ssh('operator', `cat ${open('people')}`, masked)).out).toContain(address);
      const got = await under.as('operator').sftp(`get ${open('people')} ${own('revealed')}\n`, 'masked');
      expect(got.code).toBe(0);
      expect(readFileSync(own('revealed'), 'utf8')).toContain(address);
    });
  });
});
