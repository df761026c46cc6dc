import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { followRotation, storeAdministratorKey, storedAdministratorKey } from './administrator-key.js';
import { readUpFile, writeUpFile } from './up-file.js';

let data: string;
beforeEach(() => {
  data = fs.mkdtempSync(path.join(os.tmpdir(), 'sallyport-administrator-'));
});
afterEach(() => fs.rmSync(data, { recursive: true }));

const up = {
  api: 'https://127.0.0.1:7443',
  ca: 'ca.pem',
  adminToken: 'sp_old_1',
  gateway: {},
  demo: { ci: 'sp_ci_1' },
};

test('a rotated administrator key is followed everywhere it is kept', () => {
  storeAdministratorKey(data, 'sp_old_1');
  writeUpFile(data, up);
  expect(followRotation(data, { id: 'old', key: 'sp_new_2' })).toBe(true);
  expect(storedAdministratorKey(data)).toBe('sp_new_2');
  expect(readUpFile(data)).toEqual({ ...up, adminToken: 'sp_new_2' });
  for (const file of ['admin.key', 'up.json']) expect(fs.statSync(path.join(data, file)).mode & 0o777).toBe(0o600);
});

test('the key of somebody else, or of another installation, changes nothing', () => {
  expect(followRotation(data, { id: 'old', key: 'sp_new_2' })).toBe(false);
  expect(fs.readdirSync(data)).toEqual([]);
  storeAdministratorKey(data, 'sp_old_1');
  writeUpFile(data, up);
  expect(followRotation(data, { id: 'ol', key: 'sp_new_2' })).toBe(false);
  expect(readUpFile(data)).toEqual(up);
});

test('where nothing runs there is no up.json to follow', () => {
  storeAdministratorKey(data, 'sp_old_1');
  expect(followRotation(data, { id: 'old', key: 'sp_new_2' })).toBe(true);
  expect(readUpFile(data)).toBeUndefined();
});
