import { commandFacts } from './command-facts.js';

test('words that mean themselves are known one by one', () => {
  expect(commandFacts('systemctl restart nginx.service')).toEqual({
    text: 'systemctl restart nginx.service',
    literal: true,
    argvText: '["systemctl","restart","nginx.service"]',
    program: 'systemctl',
    arguments: ['restart', 'nginx.service'],
    interpreter: false,
    readsCode: false,
  });
});

test('quoted words are known as what they come to, and counted once', () => {
  expect(commandFacts(' tool  "a b" x x ')).toMatchObject({
    literal: true,
    argvText: '["tool","a b","x","x"]',
    program: 'tool',
    arguments: ['a b', 'x'],
  });
});

test('SH-08: what carries another program needs the permission for a shell, and its input stays data', () => {
  expect(commandFacts('sudo systemctl restart nginx')).toMatchObject({ interpreter: true, readsCode: false });
  expect(commandFacts('git log', { pty: true }).interpreter).toBe(true);
  expect(commandFacts('git log').interpreter).toBe(false);
});

test.each([
  'ls; rm -rf /',
  'ls && rm x',
  'ls | sh',
  '$(id)',
  '`id`',
  'r\\m x',
  "r''m x",
  '/b?n/rm',
  'a=rm',
  'A=b ls',
  'ls > x',
  'ls\nrm',
  'ls\rrm',
  'ls\trm',
  '',
  'ls *',
  'ls ~',
  'ls {a,b}',
  'ls \u00a0x',
  '!!',
  'ls #x',
  'ls &',
])('SH-06: %j is not known', (text) => {
  expect(commandFacts(text)).toMatchObject({ literal: false, argvText: '', program: '', arguments: [] });
});

test.each([
  'bash',
  '/bin/sh',
  'python3',
  'python3.11 x',
  'env bash',
  'sudo /bin/zsh',
  'xargs sh',
  'nohup perl',
  'busybox',
  'cat | sh',
  'x; bash',
  'find . -exec sh x',
])('SH-08: %j runs what it is told', (text) => expect(commandFacts(text).interpreter).toBe(true));

test.each(['ls /bin/bash-completion', 'cat install.sh', 'ls /usr/bin/python3', 'push', 'nodetool status'])(
  '%j does not',
  (text) => expect(commandFacts(text).interpreter).toBe(false),
);
