import { UsageError } from '@gateway-engine/host';
import { describe, expect, test } from 'vitest';
import { DeviceClient, defaultServer } from '../src/index.ts';
import { parseServer } from '../src/server-address.ts';

describe('the default server', () => {
  test.each([
    ['acme', 'https://acme.m2.exosite.com'],
    ['AbC123', 'https://abc123.m2.exosite.com'],
    ['', 'https://m2.exosite.com'],
    [undefined, 'https://m2.exosite.com'],
  ])('of vendor %j is %s', (vendor, server) => {
    expect(defaultServer(vendor)).toBe(server);
  });

  test.each(['a.b', 'a b', 'evil.example/', '-a', 'a@b'])('of vendor %j does not exist', (vendor) => {
    expect(() => defaultServer(vendor)).toThrow(UsageError);
  });
});

describe('a server address', () => {
  test.each(['http://localhost:8080', 'https://m2.exosite.com', 'http://127.0.0.1/', 'http://[::1]:80'])(
    '%s is accepted',
    (server) => {
      expect(parseServer(server).hostname).not.toBe('');
    },
  );

  test.each([
    '',
    'localhost',
    'localhost:80',
    'ftp://a',
    'http://a/path',
    'http://a?q',
    'http://a:99999',
    'unix:/a',
  ])('%j is refused', (server) => {
    expect(() => new DeviceClient({ server })).toThrow(UsageError);
  });

  test('with a password is refused without showing it', () => {
    expect(() => parseServer('http://me:hunter2@host')).toThrow(/password/);
    expect(() => parseServer('http://me:hunter2@host')).not.toThrow(/hunter2/);
  });
});
