import { execFile, spawn } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeDirectory } from '@gateway-engine/host';
import { SmallDisk, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { describe, expect, it } from 'vitest';
import { EngineSlots } from '../../src/self-update/engine-slots.ts';
import { startScript } from '../../src/self-update/start-script.ts';

const run = promisify(execFile);

/** A home with version 1 of an engine whose programs say who they are, and a version 2 whose gwe runs these lines. */
async function homeWithTwo(lines: string) {
  const folder = await temporaryFolder();
  const home = join(folder.path, "it's a home");
  const slots = new EngineSlots(join(home, 'engine'));
  for (const [version, script] of [
    ['1', 'echo "gwe $GWE_ENGINE_SLOT $*"'],
    ['2', lines],
  ] as const) {
    const bin = join(folder.path, version, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'gwe'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  await slots.install(join(folder.path, '1'), '1');
  await makeDirectory(join(home, 'bin'));
  const gwe = join(home, 'bin', 'gwe');
  await writeFile(gwe, startScript(home, 'gwe'));
  await chmod(gwe, 0o755);
  const begin = async (seconds = 60) => {
    await slots.place(join(folder.path, '2'), '2');
    await slots.begin({ version: '2', previous: '1', seconds });
  };
  return { slots, gwe, begin, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

describe('an engine that is installed', () => {
  it.runIf(process.getuid?.() === 0)(
    'stays, and gets no half of another version, on a full disk',
    async () => {
      await using folder = await temporaryFolder();
      await using disk = await SmallDisk.mount(4);
      const slots = new EngineSlots(join(disk.path, 'engine'));
      const bin = join(folder.path, 'bin');
      await mkdir(bin);
      await writeFile(join(bin, 'gwe'), Buffer.alloc(1024 * 1024));
      await slots.install(folder.path, '1');
      await writeFile(join(bin, 'gwe'), Buffer.alloc(8 * 1024 * 1024));
      await expect(slots.install(folder.path, '2')).rejects.toMatchObject({ code: 'ENOSPC' });
      expect(await slots.current()).toBe('1');
      expect(await readdir(join(slots.slot('2'), 'bin'))).toEqual([]);
      await writeFile(join(disk.path, 'what others write'), Buffer.alloc(2 * 1024 * 1024));
    },
  );
});

describe('the start script of the engine', () => {
  it('runs the current version with the arguments it was given', async () => {
    await using home = await homeWithTwo('');
    const { stdout } = await run(home.gwe, ['-C', "it's"]);
    expect(stdout).toBe("gwe 1 -C it's\n");
  });

  it('says what is missing where no version is current', async () => {
    await using home = await homeWithTwo('');
    await writeFile(join(home.slots.folder, 'current'), '');
    await expect(run(home.gwe, [])).rejects.toThrow('does not name a version of the engine');
  });

  it('starts a version on probation three times, then the one before', async () => {
    await using home = await homeWithTwo('echo broken; exit 7');
    await home.begin();
    for (let start = 0; start < 3; start++)
      await expect(run(home.gwe, [])).rejects.toMatchObject({ code: 7 });
    expect((await run(home.gwe, [])).stdout).toBe('gwe 1 \n');
    expect(await home.slots.current()).toBe('1');
    expect(await home.slots.trial()).toBeUndefined();
    expect(await home.slots.failed()).toEqual({
      version: '2',
      reason: 'gwe was started 3 times and has ended each time',
    });
    // And so it stays.
    expect((await run(home.gwe, [])).stdout).toBe('gwe 1 \n');
  });

  it('does not count commands that a person or an application runs', async () => {
    await using home = await homeWithTwo('echo "two $*"');
    await home.begin();
    for (let call = 0; call < 5; call++) expect((await run(home.gwe, ['-C'])).stdout).toBe('two -C\n');
    expect(await home.slots.current()).toBe('2');
  });

  it('ends a version that hangs beyond its time, and goes back at the next start', async () => {
    await using home = await homeWithTwo('exec sleep 100');
    await home.begin(1);
    const hanging = spawn(home.gwe, { stdio: 'ignore' });
    const signal = await new Promise((resolve) => hanging.once('exit', (_, signal) => resolve(signal)));
    expect(signal).toBe('SIGKILL');
    expect((await run(home.gwe, [])).stdout).toBe('gwe 1 \n');
    expect((await home.slots.failed())?.reason).toBe(
      'it had not checked in with its queue running within 1 s',
    );
  });

  it('leaves a version alone that has passed, also when its time is over', async () => {
    await using home = await homeWithTwo(
      'while ! [ -f "$GWE_HOME/engine/go" ]; do sleep 0.1; done; echo "still $GWE_ENGINE_SLOT"',
    );
    await home.begin(4);
    const running = run(home.gwe, []);
    await waitUntil('the start', async () => (await readdir(home.slots.folder)).includes('trial.starts.gwe'));
    await home.slots.pass();
    await sleep(4_500);
    await writeFile(join(home.slots.folder, 'go'), '');
    expect((await running).stdout).toBe('still 2\n');
    expect(await home.slots.current()).toBe('2');
  });
});

describe('the slots of the engine', () => {
  it('go back by themselves, saying why', async () => {
    await using home = await homeWithTwo('');
    await home.begin();
    await home.slots.goBack('the queue does not run');
    expect(await home.slots.current()).toBe('1');
    expect(await home.slots.failed()).toEqual({ version: '2', reason: 'the queue does not run' });
    await home.slots.forgetFailed();
    expect(await home.slots.failed()).toBeUndefined();
  });

  it('never replace the version that runs', async () => {
    await using home = await homeWithTwo('');
    await expect(home.slots.place('/nowhere', '1')).rejects.toThrow('version 1 of the engine runs');
  });

  it('keep what is asked for and remove the rest', async () => {
    await using home = await homeWithTwo('');
    await home.begin();
    await home.slots.removeAllBut(['2']);
    await expect(readFile(join(home.slots.slot('1'), 'bin', 'gwe'))).rejects.toThrow('ENOENT');
    expect(await home.slots.current()).toBe('2');
  });
});
