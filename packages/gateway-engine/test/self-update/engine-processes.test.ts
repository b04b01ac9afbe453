import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ProcessInfo, SupervisorClient } from '@gateway-engine/supervisor';
import { temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, it } from 'vitest';
import { prepareHome } from '../../src/home/prepare.ts';
import {
  EngineProcesses,
  type EngineSupervisor,
  slotOfProcess,
} from '../../src/self-update/engine-processes.ts';
import { EngineSlots } from '../../src/self-update/engine-slots.ts';
import { supervisorMain } from '../ota/gateway-kit.ts';

it('brings queue, engine and supervisor to a slot, and leaves hosted applications running', async () => {
  await using folder = await temporaryFolder();
  const layout = await prepareHome({ home: join(folder.path, 'home') });
  const slots = new EngineSlots(layout.engine);
  for (const version of ['1', '2']) {
    const bin = join(folder.path, version, 'bin');
    await mkdir(bin, { recursive: true });
    const program = (name: string, line: string) =>
      writeFile(join(bin, name), `#!/bin/sh\nexec ${line}\n`, { mode: 0o755 });
    for (const name of ['gwe', 'gmq']) await program(name, 'sleep 1000');
    await program('gwe-supervisord', `'${process.execPath}' '${supervisorMain}' "$@"`);
  }
  await slots.install(join(folder.path, '1'), '1');
  await writeFile(join(layout.programs, 'app.conf'), '[program:app]\ncommand = sleep 1000\n');

  const supervisor = new SupervisorClient(`unix://${layout.supervisorSocket}`);
  const started: ChildProcess[] = [];
  let ending = false;
  // As an init system keeps it.
  const keep = () => {
    const child = spawn(join(layout.bin, 'gwe-supervisord'), ['-n', '-c', layout.supervisordConf], {
      stdio: 'ignore',
    });
    child.once('exit', () => !ending && keep());
    started.push(child);
  };
  keep();
  const running = async (name: string) =>
    (await supervisor.getAllProcessInfo()).find((each) => each.name === name && each.statename === 'RUNNING');
  const allRun = () =>
    waitUntil('all programs', async () => {
      const all = await Promise.all(['app', 'gmq', 'gwe'].map(running));
      return all.every((each) => each !== undefined) && all.map((each) => each?.pid ?? 0);
    });
  try {
    const [app = 0, gmq = 0] = await allRun();
    expect(slotOfProcess(gmq)).toBe('1');
    const processes = new EngineProcesses(supervisor);
    expect(await processes.queueRunsFrom('1')).toBe(true);

    await slots.place(join(folder.path, '2'), '2');
    await slots.begin({ version: '2', previous: '1', seconds: 60 });
    await processes.bringTo('2', () => {
      throw new Error('this process is no part of it');
    });
    await waitUntil('the queue of version 2', () => processes.queueRunsFrom('2'));
    await waitUntil('the supervisor of version 2', async () => {
      const pid = Number(await supervisor.call('supervisor.getPID'));
      return slotOfProcess(pid) === '2';
    });
    const [sameApp, , gwe = 0] = await allRun();
    expect(sameApp).toBe(app);
    expect(slotOfProcess(gwe)).toBe('2');

    // Nothing is left to do.
    await processes.bringTo('2', () => {});
    expect((await allRun())[2]).toBe(gwe);
  } finally {
    ending = true;
    const last = started.at(-1);
    if (last && last.exitCode === null) {
      const ended = new Promise((resolve) => last.once('exit', resolve));
      last.kill('SIGTERM');
      await ended;
    }
  }
});

it.each(['STOPPED', 'FATAL'])(
  'starts a queue that it finds %s, by whatever supervisor',
  async (statename) => {
    const started: string[] = [];
    const info = { group: 'gmq', name: 'gmq', pid: 0, statename } as ProcessInfo;
    const supervisor: EngineSupervisor = {
      call: async () => 1,
      getAllProcessInfo: async () => [
        started.length === 0 ? info : { ...info, pid: 7, statename: 'RUNNING' },
      ],
      startProcessGroup: async (name) => {
        started.push(name);
        return [];
      },
      stopProcessGroup: async () => [],
    };
    const processes = new EngineProcesses(supervisor, (pid) => (pid === 7 ? '1' : undefined));
    await processes.bringTo('1', () => {});
    await processes.bringTo('1', () => {});
    expect(started).toEqual(['gmq']);
    expect(await processes.queueRunsFrom('1')).toBe(true);
  },
);
