import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { parseBudget } from '@gateway-engine/device-client';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../src/configuration/config-error.ts';
import {
  changeEngineConfig,
  engineConfigTemplate,
  parseEngineConfig,
} from '../../src/configuration/engine-config.ts';
import { homeLayout } from '../../src/home/layout.ts';

const layout = homeLayout('/srv/gwe');
const parse = (text: string) => parseEngineConfig(text, 'Engine.config', layout);

describe('Engine.config', () => {
  it('has the documented defaults, whether it is new, empty or absent', () => {
    for (const text of ['', engineConfigTemplate, "[engine]\nupdate_interval =\nuser_agent = ''\n"]) {
      expect(parse(text)).toEqual({
        server: undefined,
        updateInterval: 14_400,
        activationRetryInterval: 60,
        debugLevel: 'INFO',
        userAgent: undefined,
        longPoll: true,
        supervisorUrl: 'unix:///srv/gwe/run/supervisor.sock',
        programDirectory: '/srv/gwe/etc/supervisor/conf.d',
        logDirectory: '/srv/gwe/log',
        budget: parseBudget(undefined, ''),
        ota: {
          verify: undefined,
          rootSha256: undefined,
          probationSeconds: 30,
          engineProbationSeconds: 600,
          window: undefined,
          maxDeltaBytes: 67_108_864,
        },
        metrics: {
          listen: undefined,
          otlpEndpoint: undefined,
          otlpIntervalSeconds: undefined,
          otlpHeadersFile: undefined,
        },
      });
    }
  });

  it.each([
    ['update_interval = soon', 'line 2: update_interval = soon: expected a whole number of seconds'],
    ['update_interval = 0', 'expected a whole number of seconds, at least 1'],
    ['update_interval = 1.5', 'expected a whole number of seconds, at least 1'],
    ['debug_level = LOUD', 'expected one of DEBUG, INFO, WARNING, ERROR, CRITICAL'],
    ['server = platform.example', 'expected http(s)://HOST[:PORT]'],
    ['server = ftp://platform.example', 'expected http(s)://HOST[:PORT]'],
    ['long_poll = maybe', 'expected true or false'],
    ['x = y\n[metrics]\nlisten = 9464', 'line 4: listen = 9464: expected HOST:PORT'],
    ['x = y\n[metrics]\notlp_endpoint = collector:4318', 'expected http(s)://HOST[:PORT]'],
    ['x = y\n[metrics]\notlp_interval = 0', 'expected a whole number of seconds, at least 1'],
  ])('%s is refused with file, line and what would be right', (line, message) => {
    expect(() => parse(`[engine]\n${line}\n`)).toThrow(ConfigurationError);
    expect(() => parse(`[engine]\n${line}\n`)).toThrow(message);
  });

  it('has what an interface may carry, and refuses a limit that makes no sense with file and line', () => {
    const { budget } = parse('[budget]\nwwan0 = 50MB/day 500MB/month\n');
    expect(budget.lines).toEqual([{ interfaces: 'wwan0', day: 50e6, month: 500e6 }]);
    expect(() => parse('[budget]\nwwan0 = 50MB\n')).toThrow(ConfigurationError);
    expect(() => parse('[budget]\nwwan0 = 50MB\n')).toThrow('Engine.config, line 2: wwan0 = 50MB: expected');
  });

  it('has the hours for updates and the time of a probation', () => {
    expect(parse('[ota]\nprobation_secs = 0\nwindow = 23:30-04:00 UTC\n').ota).toMatchObject({
      probationSeconds: 0,
      window: { from: 1410, to: 240, utc: true },
    });
    expect(() => parse('[ota]\nwindow = 1-5\n')).toThrow('line 2: window = 1-5: expected HH:MM-HH:MM');
    expect(() => parse('[ota]\nprobation_secs = -1\n')).toThrow('expected a whole number of seconds');
  });

  it('says which updates are taken, and whose root is to be pinned', () => {
    const sha256 = 'AB'.repeat(32);
    const { ota } = parse(`[ota]\nverify = required\nroot_sha256 = ${sha256}\n`);
    expect(ota).toMatchObject({ verify: 'required', rootSha256: sha256.toLowerCase() });
    expect(parse('[ota]\nverify = off\n').ota.verify).toBe('off');
    expect(() => parse('[ota]\nverify = no\n')).toThrow('line 2: verify = no: expected required or off');
    expect(() => parse('[ota]\nroot_sha256 = abc\n')).toThrow('expected a sha256 of 64 hex digits');
  });

  it('keeps comments and unknown options when an option is changed, and is not changed by a bad value', async () => {
    await using folder = await temporaryFolder();
    const home = homeLayout(folder.path);
    await mkdir(home.etc);
    const text = '# mine\n[engine]\nmine = 1\nupdate_interval = 60\n\n[site]\nx = y\n';
    await writeFile(home.engineConfig, text);
    await changeEngineConfig(home, [['update_interval', '5']]);
    expect(await readFile(home.engineConfig, 'utf8')).toBe(text.replace('60', '5'));
    await expect(changeEngineConfig(home, [['update_interval', 'x']])).rejects.toThrow(
      'expected a whole number',
    );
    expect(await readFile(home.engineConfig, 'utf8')).toBe(text.replace('60', '5'));
  });
});
