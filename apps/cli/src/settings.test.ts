import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { apiSettings, dataDirectory } from './settings.js';
import { writeUpFile } from './local/up-file.js';

let data: string;
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-settings-'));
});
afterEach(() => fs.rmSync(data, { recursive: true }));

function localUp(): void {
  fs.writeFileSync(path.join(data, 'ca.pem'), 'LOCAL CA');
  writeUpFile(data, {
    api: 'https://127.0.0.1:7443',
    ca: path.join(data, 'ca.pem'),
    adminToken: 'sp_local',
    gateway: {},
  });
}

test('options win over the environment, the environment over the local file', () => {
  localUp();
  const env = { SALLYPORT_API: 'https://env:1', SALLYPORT_TOKEN: 'sp_env' };
  expect(apiSettings({ data, api: 'https://opt:2', token: 'sp_opt' }, env)).toMatchObject({
    api: 'https://opt:2',
    token: 'sp_opt',
  });
  expect(apiSettings({ data }, env)).toMatchObject({ api: 'https://env:1', token: 'sp_env' });
  expect(apiSettings({ data }, {})).toEqual({
    api: 'https://127.0.0.1:7443',
    token: undefined,
    localToken: 'sp_local',
    ca: 'LOCAL CA',
  });
});

test("the local administrator's token is never offered to another address", () => {
  localUp();
  expect(apiSettings({ data, api: 'https://elsewhere:7443' }, {})).toEqual({
    api: 'https://elsewhere:7443',
    token: undefined,
    localToken: undefined,
    ca: undefined,
  });
});

test('whoever asks for a profile is never made the administrator', () => {
  localUp();
  expect(apiSettings({ data, profile: 'riley' }, {})).toMatchObject({ token: undefined, localToken: undefined });
  expect(apiSettings({ data }, { SALLYPORT_PROFILE: 'riley' }).localToken).toBeUndefined();
  expect(() => apiSettings({ data, profile: '../x' }, {})).toThrow(/profile/);
});

test('without any address the error says what to do and counts as usage', () => {
  expect(() => apiSettings({ data }, {})).toThrow(expect.objectContaining({ exitCode: 2 }));
});

test('a missing authority file is named', () => {
  expect(() => apiSettings({ data, api: 'https://x', ca: path.join(data, 'none.pem') }, {})).toThrow(/none\.pem/);
});

test('a damaged up.json counts as none', () => {
  fs.writeFileSync(path.join(data, 'up.json'), '{"api": "https://127.0.0.1:1"');
  expect(() => apiSettings({ data }, {})).toThrow(/no API known/);
});

test('up.json is for its owner alone', () => {
  localUp();
  expect(fs.statSync(path.join(data, 'up.json')).mode & 0o777).toBe(0o600);
});

test('the data directory has one default', () => {
  expect(dataDirectory({}, {})).toBe(path.join(os.homedir(), '.sallyport'));
  expect(dataDirectory({}, { SALLYPORT_DATA: '/srv/a' })).toBe('/srv/a');
  expect(dataDirectory({ data: '/srv/b' }, { SALLYPORT_DATA: '/srv/a' })).toBe('/srv/b');
});
