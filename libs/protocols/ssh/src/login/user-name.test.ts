import { parseUserName } from './user-name.js';

test('a resource, or a login and a resource', () => {
  expect(parseUserName('box')).toEqual({ resource: 'box' });
  expect(parseUserName('a.b_c-d@e1')).toEqual({ resource: 'a.b_c-d@e1' });
  expect(parseUserName('root+box')).toEqual({ login: 'root', resource: 'box' });
});

test.each([
  '',
  '+',
  '+box',
  'root+',
  'a+b+c',
  'Box',
  ' box',
  'box ',
  'box\n',
  'box\0',
  '-box',
  'box-',
  '.box',
  'röot+box',
  'root:box',
  'root%box',
  '$(id)+box',
  '`id`+box',
  'root;id+box',
  '-root+box',
  '../etc+box',
  'a/b',
  'root\\+box',
  'bo\u200bx',
  'ｂox',
  `${'x'.repeat(33)}+box`,
  'x'.repeat(129),
])('SH-13: %j is neither', (text) => expect(parseUserName(text)).toBeUndefined());
