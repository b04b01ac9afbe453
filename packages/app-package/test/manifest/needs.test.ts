import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engineServes } from '../../src/manifest/engine-version.ts';
import { unmetNeeds } from '../../src/manifest/needs.ts';
import { compareVersions, versionServes } from '../../src/manifest/version-pattern.ts';

describe('a version of an application', () => {
  it.each<[string, string[], boolean]>([
    ['7', [], true],
    ['1.4', ['1.4'], true],
    ['1.4', ['1.5', '1.4'], true],
    ['1.40', ['1.4'], false],
    ['1.4.2', ['1.4.*'], true],
    ['1.4', ['1.4.*'], false],
    ['rev-abc-arm', ['rev-*-arm'], true],
    ['rev-arm', ['rev-*-arm'], false],
    ['aXbXc', ['a*X*c'], true],
    ['ab', ['*a*b*'], true],
    ['ba', ['*a*b*'], false],
    ['1.10', ['>=1.9'], true],
    ['1.8', ['>=1.9'], false],
    ['1-4-13', ['>= 1.4.2'], true],
  ])('%s serves where %j is asked for: %s', (version, patterns, serves) => {
    expect(versionServes(version, patterns)).toBe(serves);
  });

  it('is after another in the usual order', () => {
    const sorted = ['1.0-rc1', '1.0', '1.0.1', '1.2', '1.10', '2', '10.0', '99999999999999999999'];
    for (let index = 1; index < sorted.length; index++) {
      expect(compareVersions(sorted[index] ?? '', sorted[index - 1] ?? '')).toBe(1);
      expect(compareVersions(sorted[index - 1] ?? '', sorted[index] ?? '')).toBe(-1);
    }
    expect(compareVersions('1.4', '1-4')).toBe(0);
  });

  const version = fc.stringMatching(/^[0-9a-z._-]{1,12}$/);

  it('has one order, whatever versions are compared', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compareVersions(a, b) + compareVersions(b, a)).toBe(0);
        if (compareVersions(a, b) >= 0 && compareVersions(b, c) >= 0) {
          expect(compareVersions(a, c)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('is matched by stars as a regular expression would', () => {
    const pattern = fc.stringMatching(/^[ab*]{1,8}$/);
    fc.assert(
      fc.property(fc.stringMatching(/^[ab]{1,8}$/), pattern, (text, stars) => {
        const expression = new RegExp(`^${stars.replaceAll('*', '.*')}$`);
        expect(versionServes(text, [stars])).toBe(expression.test(text));
      }),
      { numRuns: 1000 },
    );
  });
});

it('an engine serves from the least version on', () => {
  expect(engineServes('0.1.0', '0.1.0')).toBe(true);
  expect(engineServes('0.10.0', '0.9.9')).toBe(true);
  expect(engineServes('1.0.0', '0.9.9')).toBe(true);
  expect(engineServes('0.1.0', '0.1.1')).toBe(false);
  expect(engineServes('0.1.0', 'soon')).toBe(false);
});

describe('what a gateway lacks', () => {
  const gateway = {
    engineVersion: '0.1.0',
    architecture: 'x64',
    installed: (name: string) => new Map([['broker', '1.3']]).get(name),
  };

  it('is nothing when nothing is needed', () => {
    expect(unmetNeeds(undefined, gateway)).toEqual([]);
    expect(unmetNeeds({ engine: '0.1.0', architectures: ['arm64', 'x64'] }, gateway)).toEqual([]);
    expect(unmetNeeds({ depends: [{ name: 'broker', versions: ['1.*'] }] }, gateway)).toEqual([]);
  });

  it('is said with what is there', () => {
    const needs = {
      engine: '0.2.0',
      architectures: ['arm64'],
      depends: [
        { name: 'broker', versions: ['>=1.4', '2.*'] },
        { name: 'lib', versions: [] },
      ],
    };
    expect(unmetNeeds(needs, gateway)).toEqual([
      'it needs Gateway Engine 0.2.0 or later, and this is 0.1.0',
      'it is for arm64, and this gateway is x64',
      'it needs broker >=1.4 or 2.*, and version 1.3 is installed',
      'it needs lib, and that is not installed',
    ]);
  });
});
