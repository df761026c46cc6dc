import { Identification } from './identification.js';

test('it is seen in one piece however it is cut', () => {
  const bytes = Buffer.from('SSH-2.0-OpenSSH_9.2 comment\r\nrest');
  for (let cut = 0; cut <= bytes.length; cut += 1) {
    const identification = new Identification(false);
    const parts = [identification.push(bytes.subarray(0, cut)), identification.push(bytes.subarray(cut))];
    expect(Buffer.concat(parts.filter((part) => part !== undefined)).toString()).toContain(
      'SSH-2.0-OpenSSH_9.2 comment\r\n',
    );
  }
});

test('a server may speak before, a client may not', () => {
  const bytes = Buffer.from('hello\r\nSSH-2.0-x\r\n');
  expect(new Identification(true).push(bytes)!.toString()).toBe('SSH-2.0-x\r\n');
  expect(() => new Identification(false).push(bytes)).toThrow('no SSH peer');
});

test.each(['SSH-1.5-x\r\n', 'SSH-2.1-x\r\n', 'SSH-\n', `SSH-2.0-${'x'.repeat(300)}\r\n`, '\n'])(
  '%j is none',
  (text) => {
    expect(() => new Identification(false).push(Buffer.from(text))).toThrow();
  },
);

test('what never ends is given up', () => {
  const client = new Identification(false);
  expect(() => client.push(Buffer.alloc(300, 'x'))).toThrow();
  const server = new Identification(true);
  expect(() => {
    for (let line = 0; line < 1000; line += 1) server.push(Buffer.from(`${'x'.repeat(100)}\n`));
  }).toThrow();
});
