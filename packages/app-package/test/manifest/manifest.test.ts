import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '../../src/manifest/manifest.ts';
import { ManifestError } from '../../src/manifest/manifest-error.ts';
import { needsOf, sameNeeds } from '../../src/manifest/needs.ts';
import { programOptions } from '../../src/manifest/program-options.ts';

const parse = (value: unknown) => parseManifest(JSON.stringify(value));

describe('a gwe.json', () => {
  it('may be empty, and then asks for nothing', () => {
    expect(parse({})).toEqual({
      layout: 'installer',
      depends: [],
      data: false,
      config: {},
      ignore_veto: false,
    });
    expect(needsOf(parse({}))).toBeUndefined();
    expect(programOptions(parse({}))).toEqual([]);
  });

  it('says what the program needs and how it is looked after', () => {
    const manifest = parse({
      $schema: 'https://example.com/gwe.schema.json',
      layout: 'versioned',
      healthcheck: { command: './check --quick', interval: 10, retries: 2 },
      limits: { memory_max: '200MB', cpu_max: '50%', pids_max: 64, nofile: 256 },
      depends: [{ name: 'broker', versions: ['>=1.4', '0.9-*'] }, { name: 'lib' }],
      engine: '0.1.0',
      architectures: ['arm64', 'x64'],
      data: true,
      config: { API_KEY: { secret: true, required: true }, LEVEL: { default: 'info' } },
    });
    expect(needsOf(manifest)).toEqual({
      engine: '0.1.0',
      architectures: ['arm64', 'x64'],
      depends: [
        { name: 'broker', versions: ['>=1.4', '0.9-*'] },
        { name: 'lib', versions: [] },
      ],
    });
    expect(programOptions(manifest)).toEqual([
      ['healthcheck_command', './check --quick'],
      ['healthcheck_interval', '10'],
      ['healthcheck_retries', '2'],
      ['memory_max', '200MB'],
      ['cpu_max', '50%'],
      ['pids_max', '64'],
      ['nofile', '256'],
    ]);
    expect(manifest.config.LEVEL).toEqual({
      deliver: 'environment',
      secret: false,
      required: false,
      default: 'info',
    });
  });

  it('says the same as what was signed, or it is noticed', () => {
    const manifest = parse({ depends: [{ name: 'broker' }] });
    expect(sameNeeds({ depends: [{ name: 'broker', versions: [] }] }, manifest)).toBe(true);
    expect(sameNeeds(undefined, manifest)).toBe(false);
    expect(sameNeeds({ depends: [{ name: 'broker', versions: ['1'] }] }, manifest)).toBe(false);
    expect(sameNeeds(undefined, undefined)).toBe(true);
    expect(sameNeeds({}, parse({}))).toBe(true);
  });

  it.each<[unknown, string]>([
    [[], 'must be a JSON object'],
    [{ layot: 'versioned' }, 'layot'],
    [{ layout: 'flat' }, '"layout"'],
    [{ healthcheck: {} }, '"healthcheck" needs either "command" or "url"'],
    [{ healthcheck: { command: 'x', url: 'http://localhost' } }, '"healthcheck" needs either'],
    [{ healthcheck: { url: 'file:///etc/passwd' } }, '"healthcheck.url" must be an http or https URL'],
    [{ healthcheck: { command: 'a\nb' } }, '"healthcheck.command" must be one line'],
    [{ healthcheck: { command: './check' } }, '"healthcheck.command" begins with ./'],
    [{ limits: { memory_max: '200 cows' } }, '"limits.memory_max" must be bytes'],
    [{ limits: { cpu_max: 'half' } }, '"limits.cpu_max" must be a share'],
    [{ limits: { pids_max: 0 } }, '"limits.pids_max"'],
    [{ depends: [{ name: 'a b' }] }, '"depends[0].name"'],
    [{ depends: [{ name: 'a' }, { name: 'a' }] }, '"depends" names "a" twice'],
    [{ engine: '1.2' }, '"engine" must be MAJOR.MINOR.PATCH'],
    [{ architectures: ['amd64'] }, '"architectures[0]" must be one of arm'],
    [{ architectures: [] }, '"architectures" names none'],
    [{ config: { 'a b': {} } }, 'config'],
    [{ config: { PATH: {} } }, '"config.PATH" is a name that the gateway'],
    [{ config: { LD_PRELOAD: {} } }, '"config.LD_PRELOAD" is a name'],
    [{ config: { KEY: { secret: true, default: 'x' } } }, '"config.KEY" is secret'],
    [{ config: { KEY: { required: true, default: 'x' } } }, '"config.KEY" is required'],
  ])('%j is refused: %s', (value, problem) => {
    expect(() => parse(value)).toThrow(ManifestError);
    expect(() => parse(value)).toThrow(problem);
  });

  it('that is no JSON, or too large, is refused', () => {
    expect(() => parseManifest('{')).toThrow('gwe.json is not JSON');
    expect(() => parseManifest(' '.repeat(70_000))).toThrow('larger than 65536 bytes');
  });

  it('of strange names is refused in few words', () => {
    const name = `\u0007${'x'.repeat(50_000)}`;
    for (const value of [{ [name]: 1 }, { config: { [name]: {} } }, { config: { A: { [name]: 1 } } }]) {
      expect(() => parse(value)).toThrow(/^[^\p{Cc}]{1,1100}$/u);
    }
    expect(() => parseManifest('{"a": \u0000\n\u0007')).toThrow(/^[^\p{Cc}]{1,1100}$/u);
  });

  it('of any content is read, or refused by its own error', () => {
    const keys = fc.constantFrom(
      'layout',
      'healthcheck',
      'limits',
      'depends',
      'engine',
      'config',
      '__proto__',
    );
    const nested = fc.dictionary(fc.oneof(keys, fc.string()), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          nested.map((value) => JSON.stringify(value)),
          fc.string(),
        ),
        (text) => {
          try {
            parseManifest(text);
          } catch (error) {
            expect(error).toBeInstanceOf(ManifestError);
            expect((error as Error).message).toMatch(/^[^\p{Cc}]{1,1100}$/u);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
