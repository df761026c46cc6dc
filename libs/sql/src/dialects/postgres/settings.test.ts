import { mayChange } from './settings.js';

test.each([
  ['application_name', 'x'],
  ['DateStyle', 'ISO'],
  ['enable_seqscan', 'off'],
  ['client_min_messages', 'WARNING'],
  ['client_encoding', 'UTF8'],
  ['standard_conforming_strings', 'on'],
  ['transaction_read_only', 'off'],
])('%s may become %s', (name, value) => {
  expect(mayChange(name, value)).toBe(true);
});

test.each([
  ['role', 'admin'],
  ['session_authorization', 'admin'],
  ['search_path', 'evil'], // has a way of its own
  ['client_min_messages', 'debug1'],
  ['client_encoding', 'SJIS'],
  ['standard_conforming_strings', 'off'],
  ['escape_string_warning', 'off'],
  ['session_replication_role', 'replica'],
  ['log_statement', 'none'],
  ['debug_print_parse', 'on'],
  ['local_preload_libraries', 'x'],
  ['dynamic_library_path', 'x'],
  ['default_tablespace', 'x'],
  ['my.own', 'x'],
  ['enable_seqscan; drop', 'x'],
])('%s may not become %s', (name, value) => {
  expect(mayChange(name, value)).toBe(false);
});

test.each(['role', 'client_encoding', 'standard_conforming_strings', 'session_replication_role'])(
  '%s may not be reset: the default is not ours',
  (name) => {
    expect(mayChange(name, undefined)).toBe(false);
  },
);
