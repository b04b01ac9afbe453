import { readFile, statfs } from 'node:fs/promises';
import { hostname, machine, networkInterfaces, release, type as systemName, version } from 'node:os';
import type { DeviceInfo } from '@gateway-engine/device-api';
import { runToEnd } from '@gateway-engine/host';
import type { InterfaceAddress } from './usage-ledger.ts';

/** Runs a command and gives what it printed; undefined when it is missing, fails or takes too long. */
export type AskSystem = (command: string, args: readonly string[]) => Promise<string | undefined>;

const longestText = 16 * 1024;

/** What the gateway is: by the commands of the same names, and without them from the kernel's files. */
export async function deviceInfo(ask: AskSystem = askSystem): Promise<DeviceInfo> {
  const [uname, df, free] = await Promise.all([ask('uname', ['-a']), ask('df', ['-h']), ask('free', [])]);
  return {
    uname: (uname ?? [systemName(), hostname(), release(), version(), machine()].join(' ')).trim(),
    df: (df ?? (await disksFromKernel())).trimEnd(),
    free: (free ?? (await memoryFromKernel())).trimEnd(),
    ipaddrs: interfaceAddresses().map((each) => `${each.interface}: ${each.address}`),
  };
}

/** The addresses of all interfaces that are up; link-local ones, which say nothing to a distant reader, left out. */
export function interfaceAddresses(): InterfaceAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(({ address }) => !/^fe80:/i.test(address))
      .map(({ address }) => ({ interface: name, address })),
  );
}

async function askSystem(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { exitCode, output } = await runToEnd(command, args, {
      env: { ...process.env, LC_ALL: 'C' },
      // df hangs on a network disk whose server has gone.
      timeoutMs: 5_000,
      maxOutputBytes: longestText,
    });
    return exitCode === 0 ? output : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'EACCES') return undefined;
    throw error;
  }
}

/** File systems on devices, from /proc/mounts. */
export async function disksFromKernel(mountsFile = '/proc/mounts'): Promise<string> {
  const lines = ['Filesystem Size Used Avail Use% Mounted on'];
  const seen = new Set<string>();
  for (const line of (await readFile(mountsFile, 'utf8')).split('\n')) {
    const [device = '', place = ''] = line.split(' ');
    if ((!device.startsWith('/') && place !== '/') || seen.has(device)) continue;
    seen.add(device);
    const path = place.replaceAll('\\040', ' ');
    const size = await sizesOf(path);
    if (size) lines.push(`${device} ${size} ${path}`);
  }
  return lines.join('\n');
}

async function sizesOf(path: string): Promise<string | undefined> {
  try {
    const { blocks, bfree, bavail, bsize } = await statfs(path);
    if (blocks === 0) return undefined;
    const used = blocks - bfree;
    const share = Math.ceil((100 * used) / Math.max(1, used + bavail));
    return `${readable(blocks * bsize)} ${readable(used * bsize)} ${readable(bavail * bsize)} ${share}%`;
  } catch (error) {
    // A mount that went away between the two looks, or one that this user may not see.
    if (['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** The first lines of /proc/meminfo: total, free and available memory, buffers and caches. */
export async function memoryFromKernel(file = '/proc/meminfo'): Promise<string> {
  const wanted = /^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal|SwapFree):/;
  return (await readFile(file, 'utf8'))
    .split('\n')
    .filter((line) => wanted.test(line))
    .join('\n');
}

function readable(bytes: number): string {
  const units = ['B', 'K', 'M', 'G', 'T', 'P'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value >= 10 || unit === 0 ? Math.round(value) : value.toFixed(1)}${units[unit]}`;
}
