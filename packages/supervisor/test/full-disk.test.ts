import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SmallDisk, temporaryFolder, waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { type RunningDaemon, startIn, writeConfig } from './support/daemons.ts';

const logBytes = 64 * 1024;

/** Each line goes to its log on the small disk, and its number to a file elsewhere: whether it gets through. */
const programs = (elsewhere: string) =>
  `[program:chatty]
command=sh -c 'n=0; while :; do n=$((n+1)); head -c 20000 /dev/zero | tr "\\000" x; echo " line $n"; echo $n > ${elsewhere}/count.new; mv ${elsewhere}/count.new ${elsewhere}/count; sleep 0.01; done'
startsecs=0
stdout_logfile=%(here)s/chatty.log
stdout_logfile_maxbytes=${logBytes}
stdout_logfile_backups=2
`;

test.runIf(process.getuid?.() === 0)(
  'on a full disk the supervisor serves, the program is not held up, and logs are written and rotated again when there is room',
  { timeout: 120_000 },
  async () => {
    await using disk = await SmallDisk.mount(4);
    await using elsewhere = await temporaryFolder();
    const count = () => {
      const file = join(elsewhere.path, 'count');
      return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    };
    /** Far more than all pipes hold. */
    const goesOn = async () => {
      const before = count();
      await waitUntil('the program to go on', () => count() > before + 150, { timeoutMs: 30_000 });
    };
    const pidOf = async (daemon: RunningDaemon) => (await daemon.client.getProcessInfo('chatty')).pid;
    const rotatedSince = (time: number) =>
      waitUntil(
        'a log set aside anew',
        () => existsSync(`${disk.path}/chatty.log.1`) && statSync(`${disk.path}/chatty.log.1`).mtimeMs > time,
        { timeoutMs: 30_000 },
      );

    writeConfig(disk.path, programs(elsewhere.path));
    const daemon = await startIn('embedded', disk.path);
    await rotatedSince(0);
    const pid = await pidOf(daemon);
    disk.fill();
    await goesOn();
    expect(await pidOf(daemon)).toBe(pid);
    expect(daemon.output()).toContain('output is dropped');

    // Another one takes over while there is still no room.
    daemon.process.kill('SIGKILL');
    await daemon.ended();
    await using again = await startIn('embedded', disk.path);
    await goesOn();
    expect(await pidOf(again)).toBe(pid);

    const freed = Date.now();
    disk.free();
    await rotatedSince(freed);
    expect(again.output()).toContain('can write');
    const logs = readdirSync(disk.path).filter((name) => name.startsWith('chatty.log'));
    expect(logs.sort()).toEqual(['chatty.log', 'chatty.log.1', 'chatty.log.2']);
    const log = readFileSync(`${disk.path}/chatty.log.1`, 'utf8');
    expect(log.match(/x line \d+\n/g)?.length).toBeGreaterThan(1);
  },
);
