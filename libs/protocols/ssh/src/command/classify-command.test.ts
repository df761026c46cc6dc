import { commandFacts } from '../command-facts.js';
import { classify } from './classify-command.js';
import { evasions } from '@sallyport/testing';
import { parseCommand } from './parse-command.js';
import { programName } from './program-name.js';

const corpus = Object.entries(evasions).flatMap(([kind, texts]) => texts.map((text) => [kind, text] as const));

test('SH-06: the corpus is as large as it has to be, and has no text twice', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(200);
  expect(new Set(corpus.map(([, text]) => text)).size).toBe(corpus.length);
});

/** Opaque, or known to run something besides itself: no rule that permits a program permits it. */
test.each(corpus)('SH-06: %s: %j passes no rule for commands', (_kind, text) => {
  const parsed = parseCommand(text);
  const passes = parsed.literal && !classify(parsed.argv).runsOthers;
  expect({ parsed, passes }).toMatchObject({ passes: false });
});

test.each([
  'ls -l /var/log',
  'cat install.sh',
  'ls /usr/bin/python3',
  'ls /bin/bash-completion',
  'push',
  'nodetool status',
  'systemctl restart nginx.service',
  'journalctl -u nginx -n 100 --no-pager',
  'df -h',
  'uptime',
  'tail -n 100 /var/log/syslog',
  'grep -r error /var/log',
  'find /var/log -name x.log -mtime +7',
  'tar czf /tmp/backup.tgz /etc',
  'tar -xvzf backup.tgz -C /tmp',
  'rsync -av /a /b',
  'git status',
  'git log --oneline -n 5',
  'sort -u x',
  'sed -n 10,20p x',
  "sed 's/a/b/g' x",
  'docker ps',
  'docker logs -f web',
  'kubectl get pods -n web',
  'ip addr show',
  'ip -4 route',
  'ip -br link',
  'systemctl is-active nginx',
  'helm list',
  'gpg --verify x.sig',
  'rm -rf /tmp/x',
  'cp -a x y',
  'mkdir -p /srv/app',
  'chmod 644 x',
  'curl -sS http://127.0.0.1/healthz',
  'openssl x509 -in cert.pem -noout -dates',
  'sha256sum x',
  'apt-get install nginx',
  'dpkg -L nginx',
  'rpm -q nginx',
  "printf '%s' x",
  'test -e /etc/hosts',
  'exit 7',
  'command -v git',
  'pg_dump shop',
  'ssh-keyscan localhost',
  'echo done',
  'unzip -l x.zip',
  'dmesg',
  'kill -TERM 17',
])('%j runs itself and nothing else', (text) => {
  const parsed = parseCommand(text);
  expect(parsed.literal && classify(parsed.argv)).toEqual({ interpreter: false, runsOthers: false });
});

test.each([
  'bash',
  'python3.11 x',
  'env bash',
  'sudo /bin/zsh',
  'sudo -i',
  'sudo -u app -s',
  'xargs rm',
  'nohup perl',
  "env -S 'bash -s'",
  'docker exec -i web sh',
  '. /dev/stdin',
])('SH-08: what %j reads may be code', (text) => {
  const parsed = parseCommand(text);
  expect(parsed.literal && classify(parsed.argv).interpreter).toBe(true);
});

test.each(['sudo systemctl restart nginx', 'timeout 5 ls', 'find . -exec rm x', 'nice tar czf x y', 'make all'])(
  '%j runs another, and what it reads is data',
  (text) => {
    const parsed = parseCommand(text);
    expect(parsed.literal && classify(parsed.argv)).toEqual({ interpreter: false, runsOthers: true });
  },
);

test.each([
  'scp -t mail',
  'scp -f /var/spool/mail',
  'scp -v -r -p -d -t -- -python',
  'scp -qrt man',
  '/usr/bin/scp -pf script node',
  'rsync --server -vlogDtpre.iLsfxCIvu . mail',
  'rsync --server --sender -logDtpre.LsfxC --numeric-ids . /srv/python /srv/R',
])('SH-08: %j reads a copy, whatever its files are named', (text) => {
  const parsed = parseCommand(text);
  expect(parsed.literal && classify(parsed.argv)).toEqual({ interpreter: false, runsOthers: true });
});

test('SH-08: which files are copied may be known only later', () => {
  expect(classify(['scp', '-f', undefined]).interpreter).toBe(false);
  expect(classify(['scp', undefined, '-f', 'x']).interpreter).toBe(true);
  expect(classify(['scp', '-S', undefined, '-f', 'x']).interpreter).toBe(true);
  expect(classify(['rsync', '--server', '-logDtpre.iLsfxC', '.', undefined])).toMatchObject({ interpreter: false });
  expect(classify(['rsync', '--server', undefined, '.', 'x']).interpreter).toBe(true);
});

test.each([
  'scp -S sh x y',
  'scp -t -S sh',
  'scp -S sh -t x',
  'scp -t x -S sh',
  'scp -oProxyCommand=sh -t x',
  'scp sh host:x',
  'scp -r sh host:x',
  'rsync -e sh --server . x',
  'rsync --server --rsh=sh . x',
  'rsync --server --rs sh . x',
  'rsync --server --rsync-path=sh . x',
  'rsync --server --daemon --config=sh .',
  'rsync --server -e.L . x --rsh=sh',
  'rsync --server -e.L sh x',
  'rsync -e sh x host:y',
  'sudo rsync --server -e.L . sh',
  'scp -t x; sh',
])('SH-08: %j may read code', (text) => expect(commandFacts(text).readsCode).toBe(true));

test.each(['git log', 'systemctl status x', 'journalctl'])('SH-07: %j starts a pager on a terminal only', (text) => {
  const argv = text.split(' ');
  expect(classify(argv, { pty: true }).runsOthers).toBe(true);
  expect(classify(argv, { pty: false }).runsOthers).toBe(false);
});

test('a word that is not known may be anything', () => {
  expect(classify([undefined, 'x'])).toEqual({ interpreter: true, runsOthers: true });
  expect(classify(['env', undefined])).toEqual({ interpreter: true, runsOthers: true });
  expect(classify(['find', undefined]).runsOthers).toBe(true);
  expect(classify(['ls', undefined])).toEqual({ interpreter: false, runsOthers: false });
  expect(classify([''])).toEqual({ interpreter: true, runsOthers: true });
});

test.each([
  ['/usr/bin/python3.11', 'python'],
  ['bash-5.1', 'bash'],
  ['php8.2-cgi', 'php-cgi'],
  ['VIM.basic', 'vim'],
  ['sha256sum', 'sha256sum'],
  ['gcc-12', 'gcc'],
  ['/bin/sh/', ''],
])('%s is known as %s', (word, name) => expect(programName(word)).toBe(name));

test('SH-15: a long row of digits is a name like any other, and takes no longer', () => {
  const started = performance.now();
  for (const row of ['1'.repeat(30_000), '1-'.repeat(15_000), '1.1-'.repeat(7500)]) classify(['env', row, `a${row}_`]);
  expect(performance.now() - started).toBeLessThan(500);
});
