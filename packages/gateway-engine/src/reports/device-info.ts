import { hostname, loadavg, machine, release, type as systemName, uptime, version } from 'node:os';
import type { DeviceInfo } from '@gateway-engine/device-api';
import { bootId, runToEnd } from '@gateway-engine/host';
import { wholeLines } from './bounded-text.ts';
import { clockState } from './machine/clock-state.ts';
import { diskUse, formatDisks } from './machine/disks.ts';
import { addressTexts, networkInterfaceList } from './machine/interfaces.ts';
import { meminfo, meminfoLines, parseMeminfo } from './machine/memory.ts';
import { temperatures } from './machine/temperatures.ts';

/** Runs a command and gives what it printed; undefined when it is missing, fails or takes too long. */
export type AskSystem = (command: string, args: readonly string[]) => Promise<string | undefined>;

const longestOutput = 4 * 1024;

/** What a program can read of the report; the rest of it is texts for people. */
export type DeviceFacts = Omit<DeviceInfo, 'uname' | 'df' | 'free'>;

/**
 * What the gateway is, by the kernel's files. `clockOffset`: seconds that the gateway's clock is ahead of the
 * platform's, if that is known.
 */
export async function deviceFacts(now: number, clockOffset: number | undefined): Promise<DeviceFacts> {
  return {
    ipaddrs: addressTexts(),
    uptime: Math.floor(uptime()),
    load: loadavg().map((load) => Math.round(load * 100) / 100),
    disks: await diskUse(),
    memory: parseMeminfo(await meminfo()),
    interfaces: await networkInterfaceList(),
    temperatures: await temperatures(),
    boot_id: bootId(),
    clock: clockState(now, clockOffset),
  };
}

/** What the commands of these names print, and without them the same by the kernel's files. */
export async function deviceTexts(
  { disks }: Pick<DeviceFacts, 'disks'>,
  ask: AskSystem = askSystem,
): Promise<Pick<DeviceInfo, 'uname' | 'df' | 'free'>> {
  const [uname, df, free] = await Promise.all([ask('uname', ['-a']), ask('df', ['-h']), ask('free', [])]);
  const text = (output: string) => wholeLines(output.trimEnd(), longestOutput);
  return {
    uname: text((uname ?? [systemName(), hostname(), release(), version(), machine()].join(' ')).trim()),
    df: text(df ?? formatDisks(disks ?? [])),
    free: text(free ?? meminfoLines(await meminfo())),
  };
}

async function askSystem(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { exitCode, output } = await runToEnd(command, args, {
      env: { ...process.env, LC_ALL: 'C' },
      // df hangs on a network disk whose server has gone.
      timeoutMs: 5_000,
      maxOutputBytes: 4 * longestOutput,
    });
    return exitCode === 0 ? output : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'EACCES') return undefined;
    throw error;
  }
}
