/** One attempt to make two readers see different requests in the same bytes. */
export interface SmugglingCase {
  readonly name: string;
  /** Behind the request line and the fields that every request has. */
  readonly fields: string;
  readonly body?: string;
  readonly method?: string;
  /** Where the request is valid: the body that the target may see, exactly. */
  readonly valid?: string;
}

/** What would be smuggled in: a request that the gateway would refuse if it saw it. */
const inner = 'GET /v1/admin HTTP/1.1\r\nHost: x\r\n\r\n';
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const zero = '0\r\n\r\n';
const length = (text: string): string => `Content-Length: ${text.length}\r\n`;
const coding = (value: string): string => `Transfer-Encoding: ${value}\r\n`;
const both = `${zero}${inner}`;

/** Transfer codings that some reader takes for `chunked` and another does not. */
const codings = [
  ...[
    'xchunked',
    'chunked\x0b',
    '\x0bchunked',
    'chunked, identity',
    'identity, chunked',
    'chunked,chunked',
    'gzip, chunked',
  ],
  ...['"chunked"', "'chunked'", 'chunked;a=b', 'chunked ,', ',chunked', 'chunk', 'chunked\x00', 'identity', 'cow'],
].map((value) => ({ name: `coding ${JSON.stringify(value)}`, fields: coding(value), body: both }));

const lengths = [
  '+5',
  '5,5',
  '5, 5',
  '0x5',
  '5 5',
  '-1',
  '5.0',
  '',
  '1e1',
  '99999999999999999999',
  '٥',
  '5;',
  '_5',
].map((value) => ({ name: `length ${JSON.stringify(value)}`, fields: `Content-Length: ${value}\r\n`, body: 'hello' }));

const sizes = [
  '0x5',
  '+5',
  '-5',
  ' 5',
  '5 ;',
  'fffffffffffffffff',
  '',
  'g',
  '5\t',
  '00000000000000000005',
  '5;\nx',
  '５',
].map((size) => ({
  name: `chunk size ${JSON.stringify(size)}`,
  fields: coding('chunked'),
  body: `${size}\r\nhello\r\n${zero}`,
}));

export const smugglingCases: readonly SmugglingCase[] = [
  { name: 'CL.TE', fields: length(both) + coding('chunked'), body: both },
  { name: 'TE.CL', fields: coding('chunked') + 'Content-Length: 4\r\n', body: `${chunk(inner)}${zero}` },
  { name: 'CL.TE by case', fields: 'CONTENT-LENGTH: 6\r\ntransfer-ENCODING: Chunked\r\n', body: both },
  { name: 'two codings', fields: coding('chunked') + coding('cow'), body: both },
  { name: 'two codings, other way round', fields: coding('cow') + coding('chunked'), body: both },
  { name: 'two lengths', fields: `Content-Length: 0\r\n${length(inner)}`, body: inner },
  { name: 'two lengths by case', fields: `content-length: 0\r\nContent-Length: ${inner.length}\r\n`, body: inner },
  { name: 'two equal lengths', fields: 'Content-Length: 5\r\nContent-Length: 5\r\n', body: 'hello' },
  ...codings,
  ...lengths,
  ...sizes,
  { name: 'space before the colon', fields: `Content-Length : ${inner.length}\r\n`, body: inner },
  { name: 'tab before the colon', fields: 'Transfer-Encoding\t: chunked\r\n', body: both },
  { name: 'folded field', fields: 'X-A: b\r\n Transfer-Encoding: chunked\r\n', body: both },
  { name: 'folded coding', fields: 'Transfer-Encoding:\r\n chunked\r\n', body: both },
  { name: 'field before a space', fields: ' Transfer-Encoding: chunked\r\n', body: both },
  { name: 'bare LF between fields', fields: 'X-A: b\nTransfer-Encoding: chunked\r\n', body: both },
  { name: 'bare CR in a field', fields: 'X-A: b\rTransfer-Encoding: chunked\r\n', body: both },
  { name: 'CR CR LF', fields: 'X-A: b\r\r\nTransfer-Encoding: chunked\r\n', body: both },
  { name: 'NUL in a field', fields: 'X-A: b\x00c\r\n' },
  { name: 'NUL in a name', fields: 'X\x00A: b\r\n' },
  { name: 'no colon', fields: 'Transfer-Encoding chunked\r\n', body: both },
  { name: 'empty name', fields: ': chunked\r\n' },
  { name: 'name with a byte above ASCII', fields: 'Transfer-Encod\xedng: chunked\r\n', body: both },
  { name: 'end of fields by CR and another byte', fields: 'X-A: b\r\n\rX', body: '\r\n\r\n' },
  { name: 'chunk extension', fields: coding('chunked'), body: `5;a=b\r\nhello\r\n${zero}` },
  { name: 'chunk extension with a bare LF', fields: coding('chunked'), body: `5;a\nhello\r\n${zero}` },
  { name: 'chunk extension with a bare CR', fields: coding('chunked'), body: `5;a\rb\r\nhello\r\n${zero}` },
  { name: 'chunk without its end', fields: coding('chunked'), body: `5\r\nhelloXX${zero}` },
  { name: 'chunk longer than it says', fields: coding('chunked'), body: `5\r\nhello world\r\n${zero}` },
  { name: 'chunk lines by LF', fields: coding('chunked'), body: '5\nhello\n0\n\n' },
  { name: 'last chunk with a bare LF', fields: coding('chunked'), body: '5\r\nhello\r\n0\n\r\n' },
  {
    name: 'trailer that frames',
    fields: coding('chunked'),
    body: `5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n`,
    valid: 'hello',
  },
  {
    name: 'trailer that routes',
    fields: coding('chunked'),
    body: `5\r\nhello\r\n0\r\nHost: evil\r\n\r\n`,
    valid: 'hello',
  },
  { name: 'trailer that is no field', fields: coding('chunked'), body: `5\r\nhello\r\n0\r\n${inner}` },
  { name: 'expectation of another kind', fields: `Expect: 200-ok\r\n${length('hello')}`, body: 'hello' },
  {
    name: 'two expectations',
    fields: `Expect: 100-continue\r\nExpect: 100-continue\r\n${length('hello')}`,
    body: 'hello',
  },
  { name: 'length named by Connection', fields: `Connection: content-length\r\n${length('hello')}`, body: 'hello' },
  { name: 'coding named by Connection', fields: `Connection: transfer-encoding\r\n${coding('chunked')}`, body: both },
  { name: 'body on GET', method: 'GET', fields: length(inner), body: inner, valid: inner },
  { name: 'body on HEAD', method: 'HEAD', fields: length(inner), body: inner, valid: inner },
  { name: 'chunked, as it should be', fields: coding('chunked'), body: `${chunk(inner)}${zero}`, valid: inner },
  { name: 'length, as it should be', fields: length(inner), body: inner, valid: inner },
  {
    name: 'switch with a body',
    method: 'GET',
    fields: `Connection: upgrade\r\nUpgrade: websocket\r\n${length(inner)}`,
    body: inner,
  },
  {
    name: 'switch to HTTP/2',
    method: 'GET',
    fields: 'Connection: upgrade, http2-settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n',
    valid: '',
  },
];

/** Request lines that are none, or that two readers split in different places. */
export const badLines: readonly string[] = [
  'GET /http/open/echo',
  'GET  /http/open/echo HTTP/1.1',
  'GET\t/http/open/echo HTTP/1.1',
  'GET /http/open/echo  HTTP/1.1',
  'GET /http/open/echo HTTP/1.1 ',
  'GET /http/open/echo HTTP/0.9',
  'GET /http/open/echo HTTP/2.0',
  'GET /http/open/echo HTTP/1.10',
  'GET /http/open/echo http/1.1',
  'GET /http/open/echo HTTP/1.1 HTTP/1.1',
  'GET /http/open/ec ho HTTP/1.1',
  'G\x00T /http/open/echo HTTP/1.1',
  ' GET /http/open/echo HTTP/1.1',
  'PRI * HTTP/2.0',
  '\x16\x03\x01',
];
