import { expect, test } from 'vitest';
import { asUser } from '../../src/process/change-user.ts';

const program = { file: '/usr/bin/app', argv: ['app', '--x'] };
const somebody = { name: 'nobody-here', uid: 4_000_000, gid: 4_000_001 };

test('without a user, or as the one we are, a program is started as it is', () => {
  expect(asUser(undefined, program)).toEqual({ program, identity: {} });
  const own = { name: 'me', uid: process.getuid?.() ?? -1, gid: 0 };
  expect(asUser(own, program)).toEqual({ program, identity: {} });
});

test('a user with one group needs no help', () => {
  expect(asUser(somebody, program, () => '/usr/bin/setpriv')).toEqual({
    program,
    identity: { uid: 4_000_000, gid: 4_000_001 },
  });
});

test('where there is no setpriv the user is changed without the further groups', () => {
  expect(asUser({ name: 'root', uid: 4_000_000, gid: 4_000_001 }, program, () => undefined).program).toBe(
    program,
  );
});
