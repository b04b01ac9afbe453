import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseIni } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { prepareHome } from '../../src/home/prepare.ts';
import { EngineSlots } from '../../src/self-update/engine-slots.ts';

const commands = { gwe: ['/bin/echo', "it's gwe"], gmq: ['/bin/echo', 'gmq'], gdc: ['/bin/echo', 'gdc'] };

describe('preparing a home', () => {
  it('makes everything a gateway needs', async () => {
    await using folder = await temporaryFolder();
    const home = join(folder.path, 'new', "somebody's home");
    const layout = await prepareHome({
      home,
      server: 'http://127.0.0.1:9',
      gmqListen: '127.0.0.1:8099',
      commands,
    });
    const conf = parseIni(await readFile(layout.supervisordConf, 'utf8'), { file: 'supervisord.conf' });
    expect(conf.get('supervisord')?.get('environment')?.value).toBe(
      `GWE_HOME="${home}",GMQ_URL="http://127.0.0.1:8099",GWE_TRAFFIC_DB="${home}/var/ifaces.db",PATH="${home}/bin:%(ENV_PATH)s"`,
    );
    for (const name of ['gwe', 'gmq']) {
      const program = conf.get(`program:${name}`);
      expect(program?.get('command')?.value).toBe(`"${home}/bin/${name}"`);
      expect(program?.get('autorestart')?.value).toBe('true');
      expect(program?.get('stdout_logfile')?.value).toBe(`${home}/log/${name}.log`);
    }
    expect(conf.get('include')?.get('files')?.value).toBe('supervisor/conf.d/*.conf');
    expect((await stat(layout.gatewayCfg)).mode & 0o777).toBe(0o600);
    expect(execFileSync(join(layout.bin, 'gwe'), ['-C'], { encoding: 'utf8' })).toBe("it's gwe -C\n");
    expect(await readFile(layout.engineConfig, 'utf8')).toContain('server = http://127.0.0.1:9');
    const gmq = parseIni(await readFile(layout.gmqCfg, 'utf8'), { file: 'gmq.cfg' });
    expect(gmq.get('server')?.get('listen')?.value).toBe('127.0.0.1:8099');
    expect(gmq.get('platform')?.get('server')?.value).toBe('http://127.0.0.1:9');
  });

  it('again keeps what was configured, but for what is given, and makes the generated parts anew', async () => {
    await using folder = await temporaryFolder();
    const layout = await prepareHome({ home: folder.path, commands });
    const mine = "[device]\ncik = ''\nuuid = mine\n";
    await writeFile(layout.gatewayCfg, mine);
    await writeFile(layout.engineConfig, '; mine\n[engine]\nupdate_interval = 7\nserver = http://old\n');
    await writeFile(layout.gmqCfg, '[server]\nlisten = 0.0.0.0:8091\n[unq]\nbatch_qty = 99\n');
    await writeFile(layout.supervisordConf, 'broken');
    await prepareHome({ home: folder.path, server: 'http://new', commands });
    expect(await readFile(layout.gatewayCfg, 'utf8')).toBe(mine);
    expect(await readFile(layout.engineConfig, 'utf8')).toBe(
      '; mine\n[engine]\nupdate_interval = 7\nserver = http://new\n',
    );
    const gmq = await readFile(layout.gmqCfg, 'utf8');
    expect(gmq).toContain('listen = 0.0.0.0:8091');
    expect(gmq).toContain('batch_qty = 99');
    expect(await readFile(layout.supervisordConf, 'utf8')).toContain('GMQ_URL="http://127.0.0.1:8091"');
  });

  it('runs the programs of the current slot where the engine has slots', async () => {
    await using folder = await temporaryFolder();
    const engine = join(folder.path, 'package', 'bin');
    await mkdir(engine, { recursive: true });
    await writeFile(join(engine, 'gwe-supervisord'), '#!/bin/sh\necho "$GWE_HOME $*"\n', { mode: 0o755 });
    const layout = await prepareHome({ home: join(folder.path, 'home') });
    await new EngineSlots(layout.engine).install(join(folder.path, 'package'), '1.2.3');
    expect(execFileSync(join(layout.bin, 'gwe-supervisord'), ['-v'], { encoding: 'utf8' })).toBe(
      `${layout.root} -v\n`,
    );
  });

  it.each([
    ['with a quote', 'a "home"', 'double quotes'],
    ['with a comment sign', 'a ;home', 'comment sign'],
    ['too long for a socket', 'x'.repeat(120), 'too long: the socket'],
  ])('refuses a folder %s before anything is made', async (_, name, message) => {
    await using folder = await temporaryFolder();
    const home = join(folder.path, name);
    await expect(prepareHome({ home, commands })).rejects.toThrow(message);
    await expect(stat(home)).rejects.toThrow('ENOENT');
  });
});
