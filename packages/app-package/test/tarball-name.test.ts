import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTarballName, parseTarballName, TarballNameError } from '../src/tarball-name.ts';

const names = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,30}$/);
const versions = fc
  .stringMatching(/^[!-.0-~]{1,40}$/)
  .filter((version) => version !== '.' && version !== '..');

describe('a tarball name', () => {
  it.each([
    ['test_app.v1.tar.gz', 'test_app', '1'],
    ['your_app.v1.2.3.tar.gz', 'your_app', '1.2.3'],
    ['gmq.v10_0ca92e7.tar.gz', 'gmq', '10_0ca92e7'],
    ['device-client.v1-4-13.tar.gz', 'device-client', '1-4-13'],
    ['elementtree.v126-20050316.tar.gz', 'elementtree', '126-20050316'],
    ['a.v.v2.tar.gz', 'a', '.v2'],
    ['a.v1.tar.gz.tar.gz', 'a', '1.tar.gz'],
  ])('%s is application %s in version %s', (file, name, version) => {
    expect(parseTarballName(file)).toEqual({ name, version });
  });

  it.each([
    '',
    'app.tar.gz',
    'app.v.tar.gz',
    '.v1.tar.gz',
    'app.v1.tgz',
    'app.v1.tar.gz ',
    'a b.v1.tar.gz',
    'app.v1 2.tar.gz',
    'app.v../../x.tar.gz',
    'app.v...tar.gz',
    '../app.v1.tar.gz',
    'a/b.v1.tar.gz',
    'my.app.v1.tar.gz',
    '-rf.v1.tar.gz',
    'app\n.v1.tar.gz',
    'app.v1\u0000.tar.gz',
    'app.vü.tar.gz',
    `${'a'.repeat(300)}.v1.tar.gz`,
    'x.v.tar.gz',
  ])('%j is refused with the expected form', (file) => {
    expect(() => parseTarballName(file)).toThrow(TarballNameError);
    expect(() => parseTarballName(file)).toThrow('<APP_NAME>.v<VERSION>.tar.gz');
  });

  it('reads back what was written', () => {
    fc.assert(
      fc.property(names, versions, (name, version) => {
        expect(parseTarballName(formatTarballName({ name, version }))).toEqual({ name, version });
      }),
    );
  });

  it('is read or refused with its own error, whatever it is, and never leads out of a directory', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `${text}.v${text}.tar.gz`),
        ),
        (file) => {
          try {
            const { name, version } = parseTarballName(file);
            expect(formatTarballName({ name, version })).toBe(file);
            expect(`${name}${version}`).not.toContain('/');
            expect(['.', '..', '']).not.toContain(version);
          } catch (error) {
            expect(error).toBeInstanceOf(TarballNameError);
          }
        },
      ),
    );
  });
});
