import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/intake/refusal.ts';
import { callerOfUser, targetOf } from '../../src/mqtt/topics.ts';

const device = { vendor: 'prod', model: 'prod', serial: 'FF:10 7' };
const named = { caller: { device } };
const unnamed = { caller: undefined };

describe('topics', () => {
  it.each([
    ['write/temp', { kind: 'write', alias: 'temp', ...unnamed }],
    ['record/room 1/temp', { kind: 'record', alias: 'room 1/temp', ...unnamed }],
    ['record//', { kind: 'record', alias: '/', ...unnamed }],
    ['batch', { kind: 'batch', ...unnamed }],
    ['device/prod/prod/FF:10 7/write/temp', { kind: 'write', alias: 'temp', ...named }],
    ['device/prod/prod/FF:10 7/record/a/b', { kind: 'record', alias: 'a/b', ...named }],
    ['device/prod/prod/FF:10 7/batch', { kind: 'batch', ...named }],
  ])('%s', (topic, target) => {
    expect(targetOf(topic)).toEqual(target);
  });

  it.each([
    '',
    '/',
    'temp',
    'write',
    'write/',
    'batch/x',
    '/write/temp',
    'device/prod/prod/1',
    'device/prod/prod/1/',
    'device/prod/prod/1/x',
    'device/pr od/prod/1/write/a',
    'device/prod/prod//write/a',
    'write/\u{FFFD}',
  ])('%j is refused', (topic) => {
    expect(() => targetOf(topic)).toThrow(Refusal);
  });

  it('any is understood or refused', () => {
    const part = fc.constantFrom('device', 'write', 'record', 'batch', 'p', '', 'a b');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('/')),
        ),
        (topic) => {
          try {
            const target = targetOf(topic);
            if (target.kind !== 'batch') expect(topic.endsWith(`${target.kind}/${target.alias}`)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
          }
        },
      ),
    );
  });
});

describe('user names', () => {
  it('are a key, or a device, or nobody', () => {
    expect(callerOfUser('a'.repeat(40))).toEqual({ cik: 'a'.repeat(40) });
    expect(callerOfUser('prod prod FF:10 7')).toEqual({ device });
    expect([callerOfUser(undefined), callerOfUser('')]).toEqual([undefined, undefined]);
  });

  it.each(['sensor', 'a b', 'A'.repeat(40), 'ev?il prod 1'])('%j is refused', (user) => {
    expect(() => callerOfUser(user)).toThrow(Refusal);
  });
});
