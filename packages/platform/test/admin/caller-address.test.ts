import { expect, test } from 'vitest';
import { callerAddress } from '../../src/admin/caller-address.ts';

test('an IPv4 address is one caller, also when it comes mapped into IPv6', () => {
  expect(callerAddress('192.0.2.7')).toBe('192.0.2.7');
  expect(callerAddress('::ffff:192.0.2.7')).toBe('192.0.2.7');
});

test('all addresses of one IPv6 subnet are one caller', () => {
  const spellings = ['2001:db8:0:1::1', '2001:db8::1:ffff:2:3:4', '2001:0db8:0000:0001:0:0:0:9'];
  for (const spelling of spellings) expect(callerAddress(spelling)).toBe('2001:db8:0:1::/64');
  expect(callerAddress('2001:db8:0:2::1')).toBe('2001:db8:0:2::/64');
  expect(callerAddress('::1')).toBe('0:0:0:0::/64');
  expect(callerAddress('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
});
