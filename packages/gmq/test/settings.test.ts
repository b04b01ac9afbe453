import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gatewayHome } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { loggingCfg, parseLogSettings } from '../src/logging.ts';
import { priorityLookup } from '../src/settings/priorities.ts';
import { gmqCfg, parseSettings, readSettings } from '../src/settings.ts';
import { getSettings, printSettings, setSetting } from '../src/settings-command.ts';

const parse = (text: string) => parseSettings(text, 'gmq.cfg', '/home/gwe');

describe('gmq.cfg', () => {
  it('has a default for everything, also when there is no file', async () => {
    await using folder = await temporaryFolder();
    expect(await readSettings(join(folder.path, 'gmq.cfg'), '/home/gwe')).toEqual({
      listen: { host: '127.0.0.1', port: 8090 },
      server: undefined,
      batchRecordPeriodMs: 10_000,
      batchQuantity: 10,
      retryMaximumMs: 60_000,
      activationRetryMs: 60_000,
      databaseFile: '/home/gwe/var/gmq.db',
      mqttListen: undefined,
      uploadWindow: undefined,
      maxBytes: 512 * 1024 * 1024,
      identityBytes: undefined,
      timeToLiveMs: undefined,
      whenFull: 'reject',
      freeDiskBytes: undefined,
      deadLetterBytes: 4 * 1024 * 1024,
      priorities: new Map(),
      ignored: [],
    });
  });

  it('reads the documented options; two quote characters mean not set', () => {
    const settings = parse(
      "[server]\nlisten = [::1]:9000\n[platform]\nserver = ''\n[unq]\nbatch_record_period = 300.0\nbatch_qty = 120\n[db]\nfile = queue.db\n",
    );
    expect(settings).toMatchObject({
      listen: { host: '::1', port: 9000 },
      server: undefined,
      batchRecordPeriodMs: 300_000,
      batchQuantity: 120,
      databaseFile: '/home/gwe/queue.db',
    });
  });

  it('reads bounds, the window, and priorities by alias', () => {
    const settings = parse(
      '[limits]\nmax_bytes = 64MB\nidentity_bytes = 200kb\ntime_to_live = 86400\nwhen_full = Drop-Oldest\nfree_disk = 1GB\ndead_letter_bytes = 70000\n[unq]\nupload_window = 22:30 - 4:00\n[mqtt]\nlisten = 127.0.0.1:1883\n[priority]\nTemp = LOW\ndebug_* = low\nalarm = high\nunset =\n',
    );
    expect(settings).toMatchObject({
      maxBytes: 64 * 1024 * 1024,
      identityBytes: 200 * 1024,
      timeToLiveMs: 86_400_000,
      whenFull: 'drop-oldest',
      freeDiskBytes: 1024 ** 3,
      deadLetterBytes: 70_000,
      uploadWindow: { from: 22 * 60 + 30, to: 4 * 60 },
      mqttListen: { host: '127.0.0.1', port: 1883 },
      ignored: [],
    });
    expect([...settings.priorities]).toEqual([
      ['temp', 0],
      ['debug_*', 0],
      ['alarm', 2],
    ]);
  });

  it('gives an alias the priority of its name, else of the longest start, else the normal one', () => {
    const priorityOf = priorityLookup(parse('[priority]\na* = low\nab* = high\nabc = normal').priorities);
    expect(['x', 'a', 'A1', 'ab', 'aB2', 'abc', 'ABC', 'abcd'].map(priorityOf)).toEqual([
      1, 0, 0, 2, 2, 1, 1, 2,
    ]);
    expect(priorityLookup(new Map())('a')).toBe(1);
  });

  it.each([
    ['[limits]\nmax_bytes = much', 'expected bytes, such as 500000, 200KB, 64MB or 1GB'],
    ['[limits]\nmax_bytes = 1KB', 'expected 64KB or more'],
    ['[limits]\nwhen_full = drop', 'expected reject, drop-oldest'],
    ['[unq]\nupload_window = 1-5', 'expected two times of day, such as 01:00-05:00'],
    ['[unq]\nupload_window = 01:00-01:00', 'expected two different times of day'],
    ['[priority]\na = urgent', 'gmq.cfg, line 2: [priority] a = urgent: expected low, normal, high'],
    ['[server]\nlisten = 8090', 'gmq.cfg, line 2: [server] listen = 8090: expected HOST:PORT'],
    ['[server]\nlisten = localhost:99999', 'expected a port up to 65535'],
    ['[platform]\nserver = platform.example', 'expected a base URL'],
    ['[platform]\nserver = https://user:secret@platform.example', 'expected a base URL'],
    ['[platform]\nserver = http://platform.example/path', 'expected a base URL'],
    ['[unq]\nbatch_record_period = often', 'expected a number of seconds'],
    ['[unq]\nbatch_record_period = 0', 'expected 0.1 to 2592000 seconds'],
    ['[unq]\n\nbatch_qty = 0', 'line 3: [unq] batch_qty = 0: expected a whole number'],
    ['listen = 1', 'line 1: an option stands before the first [section]'],
  ])('%j is an error that says where and what', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  it('options of another version are named, not fatal', () => {
    expect(parse('[db]\ncache = 1\n[constructor]\nx = 1\n').ignored).toEqual([
      '[db] cache',
      '[constructor] x',
    ]);
  });

  it('lies under GWE_HOME', () => {
    expect(gatewayHome({ GWE_HOME: '/x' }, 0)).toBe('/x');
    expect(gatewayHome({}, 0)).toBe('/opt/gateway-engine');
    expect(gatewayHome({ GWE_HOME: '' }, 1000)).toMatch(/\/\.gateway-engine$/);
  });
});

describe('gmq cfg', () => {
  it('changes one line and leaves comments alone', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.cfg');
    await writeFile(file, '# ours\n[unq]\nbatch_qty = 10\n');
    await setSetting(gmqCfg, file, 'unq', 'BATCH_QTY', '120');
    await setSetting(gmqCfg, file, 'platform', 'server', "''");
    expect(await readFile(file, 'utf8')).toBe("# ours\n[unq]\nbatch_qty = 120\n\n[platform]\nserver = ''\n");
    expect(await getSettings(gmqCfg, file)).toBe('unq\nplatform\n');
    expect(await getSettings(gmqCfg, file, 'unq')).toBe('batch_qty\n');
    expect(await getSettings(gmqCfg, file, 'unq', 'batch_qty')).toBe('120\n');
  });

  it('lists the defaults in force when there is no file, and set writes none of them', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'logging.cfg');
    expect(await printSettings(loggingCfg, file)).toBe(
      "[logger_root]\nlevel = INFO\n\n[logger_db]\nlevel = ''\n\n[logger_intake]\nlevel = ''\n\n[logger_upload]\nlevel = ''\n",
    );
    expect(await getSettings(loggingCfg, file)).toBe(
      'logger_root\nlogger_db\nlogger_intake\nlogger_upload\n',
    );
    expect(await getSettings(loggingCfg, file, 'logger_db')).toBe('level\n');
    const cfg = await printSettings(gmqCfg, file);
    expect(cfg).toContain('[unq]\nbatch_record_period = 10.0\nbatch_qty = 10\n');
    const settings = parseSettings(cfg, file, gatewayHome());
    expect(settings).toEqual(parseSettings('', file, gatewayHome()));
    await setSetting(loggingCfg, file, 'logger_db', 'level', 'DEBUG');
    expect(await readFile(file, 'utf8')).toBe('[logger_db]\nlevel = DEBUG\n');
    expect(await getSettings(loggingCfg, file)).toBe('logger_db\n');
  });

  it('prints the default that is in force for an option that the file does not have', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.cfg');
    expect(await getSettings(gmqCfg, file, 'server', 'listen')).toBe('127.0.0.1:8090\n');
    expect(await getSettings(gmqCfg, file, 'platform', 'server')).toBe('\n');
    await writeFile(file, "[server]\nlisten = ''\n[unq]\nbatch_qty = 120\n[other]\n");
    expect(await getSettings(gmqCfg, file, 'server', 'LISTEN')).toBe('127.0.0.1:8090\n');
    expect(await getSettings(gmqCfg, file, 'unq', 'batch_qty')).toBe('120\n');
    expect(await getSettings(gmqCfg, file, 'unq', 'batch_record_period')).toBe('10.0\n');
    expect(await getSettings(gmqCfg, file, 'unq', 'retry_maximum')).toBe('60\n');
    expect(await getSettings(gmqCfg, file, 'unq', 'activation_retry_interval')).toBe('60\n');
    expect(await getSettings(gmqCfg, file, 'db', 'file')).toBe(`${join(gatewayHome(), 'var', 'gmq.db')}\n`);
    await expect(getSettings(gmqCfg, file, 'unq', 'batch_quantity')).rejects.toThrow(
      'no option batch_quantity',
    );
    await expect(getSettings(gmqCfg, file, 'other', 'x')).rejects.toThrow('no option x');
  });

  it('sets the priority of any alias, and takes it back', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.cfg');
    await setSetting(gmqCfg, file, 'priority', 'Alarm', 'high');
    expect((await readSettings(file)).priorities).toEqual(new Map([['alarm', 2]]));
    expect(await getSettings(gmqCfg, file, 'priority', 'other')).toBe('normal\n');
    await setSetting(gmqCfg, file, 'priority', 'Alarm', "''");
    expect((await readSettings(file)).priorities).toEqual(new Map());
    await expect(setSetting(gmqCfg, file, 'priority', 'x', 'urgent')).rejects.toThrow('expected low');
  });

  it('refuses what gmq would not start with, and changes nothing', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'gmq.cfg');
    await expect(setSetting(gmqCfg, file, 'unq', 'batch_qty', 'many')).rejects.toThrow(
      'expected a whole number',
    );
    await expect(setSetting(gmqCfg, file, 'unq', 'batch_quantity', '1')).rejects.toThrow('known are');
    await expect(setSetting(gmqCfg, file, 'unq', 'batch_qty', '1\n[x]')).rejects.toThrow('one line');
    await expect(getSettings(gmqCfg, file, 'other')).rejects.toThrow('no section');
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});

describe('logging.cfg', () => {
  it('gives each part a level, or that of the root', () => {
    expect(parseLogSettings('', 'logging.cfg')).toEqual({
      root: 'INFO',
      parts: { db: undefined, intake: undefined, upload: undefined },
      ignored: [],
    });
    const text = '[logger_root]\nlevel = warning\n[logger_db]\nlevel = DEBUG\n[formatters]\nkeys = x\n';
    expect(parseLogSettings(text, 'logging.cfg')).toEqual({
      root: 'WARNING',
      parts: { db: 'DEBUG', intake: undefined, upload: undefined },
      ignored: ['[formatters] keys'],
    });
    expect(() => parseLogSettings('[logger_db]\nlevel = LOUD', 'logging.cfg')).toThrow(
      'logging.cfg, line 2: [logger_db] level = LOUD: expected DEBUG',
    );
  });
});
