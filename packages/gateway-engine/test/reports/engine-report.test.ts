import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessInfo, SupervisorFault } from '@gateway-engine/supervisor';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { engineReport, longestAppList, uptimeOf } from '../../src/reports/engine-report.ts';
import { lastWords } from '../../src/reports/programs/last-words.ts';
import { memoryOf } from '../../src/reports/programs/memory-of.ts';
import { familyOf, parseProcessStat, processTable } from '../../src/reports/programs/process-table.ts';
import { ProcessorUse } from '../../src/reports/programs/processor-use.ts';
import { type ProgramFacts, programFacts } from '../../src/reports/programs/program-facts.ts';

const info = (changes: Partial<ProcessInfo> = {}): ProcessInfo => ({
  name: 'app',
  group: 'app',
  start: 100,
  stop: 0,
  now: 160,
  state: 20,
  statename: 'RUNNING',
  spawnerr: '',
  exitstatus: 0,
  logfile: '',
  stdout_logfile: '',
  stderr_logfile: '',
  // No process of this system.
  pid: 2 ** 23,
  description: '',
  ...changes,
});

const facts = (changes: Partial<ProcessInfo> = {}, more: Partial<ProgramFacts> = {}): ProgramFacts => ({
  process: info(changes),
  memory: 1000,
  processes: 1,
  cpu: undefined,
  restarts: undefined,
  lastExitStatus: undefined,
  lastError: '',
  ...more,
});

describe('engine_report', () => {
  it('has one entry for each application, with a process or without', () => {
    const report = engineReport(
      '1.2.3',
      [
        { name: 'app', version: '7' },
        { name: 'one-off', version: '1-2' },
      ],
      [
        facts({}, { cpu: 12.34, restarts: 2, lastExitStatus: -1, lastError: 'terminated\nby SIGKILL' }),
        facts({ name: 'gwe', group: 'gwe', statename: 'FATAL', stop: 150, exitstatus: 3 }),
      ],
    );
    expect(report).toEqual({
      engine: { version: '1.2.3' },
      apps: [
        {
          app: {
            version: '7',
            status: 'RUNNING',
            uptime: 60,
            exitstatus: -1,
            restarts: 2,
            memory: 1000,
            processes: 1,
            cpu: 12.3,
            last_error: 'terminated by SIGKILL',
          },
        },
        { gwe: { version: '', status: 'FATAL', uptime: 0, exitstatus: 3, memory: 1000, processes: 1 } },
        { 'one-off': { version: '1-2', status: '', uptime: 0, exitstatus: null } },
      ],
    });
  });

  it('shows an application of several processes once, by one that is not well, and adds up what they cost', () => {
    const { apps } = engineReport(
      '1',
      [],
      [
        facts({ name: 'a_00' }, { cpu: 10, restarts: 1 }),
        facts({ name: 'a_01', statename: 'BACKOFF' }, { cpu: 5, restarts: 3, lastError: 'no' }),
      ],
    );
    expect(apps).toHaveLength(1);
    expect(apps[0]?.app).toMatchObject({
      status: 'BACKOFF',
      memory: 2000,
      processes: 2,
      cpu: 15,
      restarts: 4,
      last_error: 'no',
    });
  });

  it('still lists the versions when the supervisor does not answer', () => {
    expect(engineReport('1', [{ name: 'app', version: '7' }], undefined).apps).toEqual([
      { app: { version: '7', status: '', uptime: 0, exitstatus: null } },
    ]);
  });

  it('says what the byte budget holds back', () => {
    const wait = { interface: 'wwan0', class: 'update', until: 1_800_000_000, because: 'used up' };
    expect(engineReport('1', [], [], [wait]).engine).toEqual({ version: '1', waits: [wait] });
    const ota = { verify: 'off' } as const;
    expect(engineReport('1', [], [], [], ota).engine).toEqual({ version: '1', ota });
  });

  it('says of an application which version is on probation and what an install waits for, of others nothing', () => {
    const installs = new Map([
      ['app', { probation: '8', waiting: 'window' }],
      ['first', { probation: '1' }],
      ['not-there', { waiting: 'disk' }],
    ]);
    const programs = [
      facts(),
      facts({ name: 'first', group: 'first' }),
      facts({ name: 'gmq', group: 'gmq' }),
    ];
    const { apps } = engineReport('1', [{ name: 'app', version: '7' }], programs, [], undefined, installs);
    expect(apps).toEqual([
      { app: expect.objectContaining({ version: '7', probation: '8', waiting: 'window' }) },
      { first: expect.objectContaining({ version: '', status: 'RUNNING', probation: '1' }) },
      { gmq: expect.not.objectContaining({ probation: expect.anything(), waiting: expect.anything() }) },
    ]);
  });

  it('is bounded, however many applications there are, and says how many it leaves out', () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 200 }), { maxLength: 500 });
    fc.assert(
      fc.property(names, fc.string({ maxLength: 2000 }), (all, error) => {
        const programs = all.map((name) => facts({ name, group: name }, { lastError: error }));
        const installs = new Map(
          all.map((name) => [name, { probation: error.slice(0, 255), waiting: 'probation' }]),
        );
        const report = engineReport('1', [], programs, [], undefined, installs);
        expect(JSON.stringify(report).length).toBeLessThan(longestAppList + 2000);
        expect(report.apps.length + (report.engine?.left_out ?? 0)).toBe(all.length);
      }),
      { numRuns: 10 },
    );
  });
});

describe('the uptime of a program', () => {
  it('is that of its process since its start, whatever the wall clock says', () => {
    const uptime = uptimeOf(process.pid) ?? -1;
    expect(Math.abs(uptime - process.uptime())).toBeLessThan(10);
    expect(uptimeOf(2 ** 23)).toBeUndefined();
  });
});

describe('what a program costs', () => {
  it('includes its descendants', async () => {
    const shell = spawn('sh', ['-c', 'sleep 30 & sleep 30 & wait'], { stdio: 'ignore' });
    const pid = shell.pid ?? 0;
    const family = await waitUntil('its children', () => {
      const found = familyOf(pid, processTable());
      return found.length === 3 && found;
    });
    expect(family[0]?.pid).toBe(pid);
    expect(memoryOf(family.map((each) => each.pid))).toBeGreaterThan(memoryOf([pid]));
    for (const member of family) process.kill(member.pid, 'SIGKILL');
    await new Promise((resolve) => shell.once('exit', resolve));
    expect(memoryOf([pid])).toBe(0);
  });

  it('is read from any line of the kernel, whatever the program calls itself', () => {
    const line = `7 (a (b) c) S 3 7 7 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 500`;
    expect(parseProcessStat(line)).toEqual({ pid: 7, parent: 3, ticks: 100 });
    fc.assert(fc.property(fc.string(), (text) => void parseProcessStat(text)));
  });

  it('of a processor is the share since the look before', () => {
    const use = new ProcessorUse();
    const look = (ticks: number, at: number) =>
      use.measure(new Map([[7, [{ pid: 7, parent: 1, ticks }]]]), at).get(7);
    expect(look(1_000, 0)).toBeUndefined();
    expect(look(1_050, 1_000)).toBe(50);
    expect(look(1_050, 2_000)).toBe(0);
    expect(look(900, 3_000)).toBe(0);
    expect(look(1_100, 4_000)).toBe(200);
  });
});

describe('what is known of a program', () => {
  const supervisor = (programs: ProcessInfo[], answers: Record<string, unknown>) => ({
    getAllProcessInfo: async () => programs,
    call: async (method: string) => {
      if (method in answers) return answers[method];
      throw new SupervisorFault(1, 'UNKNOWN_METHOD');
    },
  });

  it('comes from the embedded supervisor where that tells more', async () => {
    const known = await programFacts(
      supervisor([info()], {
        'gwe.getAllMemory': [{ name: 'app', group: 'app', kilobytes: 3, measure: 'pss', processes: 2 }],
        'gwe.getAllHealth': [
          {
            name: 'app',
            group: 'app',
            problem: '',
            automatic_restarts: 4,
            last_exit_status: '-1',
            last_failure: 'ended unexpectedly: terminated by SIGKILL',
          },
        ],
      }),
      new ProcessorUse(),
      0,
    );
    expect(known).toMatchObject([
      {
        memory: 3072,
        processes: 2,
        restarts: 4,
        lastExitStatus: -1,
        lastError: 'ended unexpectedly: terminated by SIGKILL',
      },
    ]);
  });

  it('comes from the kernel with a supervisord, or with one that answers otherwise', async () => {
    const own = info({ pid: process.pid });
    for (const answers of [{}, { 'gwe.getAllMemory': 'much', 'gwe.getAllHealth': [{ name: 1 }] }]) {
      const [known] = await programFacts(supervisor([own], answers), new ProcessorUse(), 0);
      expect(known?.memory).toBeGreaterThan(1_000_000);
      expect(known).toMatchObject({ restarts: undefined, lastExitStatus: undefined, lastError: '' });
    }
  });

  it('of one that is not well ends with its last words, keys masked', async () => {
    await using folder = await temporaryFolder();
    const log = join(folder.path, 'app.log');
    await writeFile(log, `${'x'.repeat(5000)}\nstarting\nkey ${'a1'.repeat(20)} refused\u0007\n\n`);
    const fatal = info({ statename: 'FATAL', spawnerr: 'Exited too quickly', stdout_logfile: log, pid: 0 });
    const [known] = await programFacts(supervisor([fatal], {}), new ProcessorUse(), 0);
    expect(known?.lastError).toBe(`Exited too quickly: key a1a1a1a1${'*'.repeat(32)} refused`);
    expect(lastWords(join(folder.path, 'none'))).toBe('');
    expect(lastWords('')).toBe('');
  });
});
