import { isObject, type JsonObject, numberOf, type Report, readReport, textOf } from './report.ts';

/** `{"uname", "df", "free": "<text>", "ipaddrs": "<text or list of texts>"}`; the output of the commands of that name. */
export interface DeviceInfo {
  readonly uname: string;
  readonly df: string;
  readonly free: string;
  readonly addresses: readonly string[];
  /** Seconds since boot. */
  readonly uptime: number | undefined;
  /** Of the last 15 minutes. */
  readonly load: number | undefined;
  readonly temperatures: readonly { readonly sensor: string; readonly celsius: number }[];
  /** What is wrong with the gateway's clock; empty when nothing is known to be. */
  readonly clockProblem: string;
}

export function readDeviceInfo(text: string | null | undefined): Report<DeviceInfo> {
  return readReport(text, deviceInfoOf);
}

function deviceInfoOf(json: JsonObject): DeviceInfo | string {
  const known = ['uname', 'df', 'free', 'ipaddrs'].some((key) => key in json);
  if (!known) return 'it has none of "uname", "df", "free" and "ipaddrs"';
  const addresses = Array.isArray(json.ipaddrs)
    ? json.ipaddrs.map(textOf)
    : textOf(json.ipaddrs).split(/[\s,]+/);
  return {
    uname: textOf(json.uname).trim(),
    df: textOf(json.df),
    free: textOf(json.free),
    addresses: [...new Set(addresses)].filter((address) => address !== ''),
    uptime: numberOf(json.uptime),
    load: Array.isArray(json.load) ? numberOf(json.load[2]) : undefined,
    temperatures: temperaturesOf(json.temperatures),
    clockProblem: clockProblemOf(json.clock),
  };
}

const MAX_SENSORS = 32;

function temperaturesOf(list: unknown): DeviceInfo['temperatures'] {
  if (!Array.isArray(list)) return [];
  return list
    .filter(isObject)
    .slice(0, MAX_SENSORS)
    .flatMap((each) => {
      const celsius = numberOf(each.celsius);
      return celsius === undefined ? [] : [{ sensor: textOf(each.sensor), celsius }];
    });
}

function clockProblemOf(clock: unknown): string {
  if (!isObject(clock)) return '';
  const offset = numberOf(clock.offset);
  if (clock.state === 'unset') return 'not set';
  if (clock.state !== 'off' || offset === undefined) return '';
  return `${Math.abs(offset)} s ${offset > 0 ? 'ahead of' : 'behind'} the platform`;
}

/** What a command may print and be looked through: the patterns below take time by the square of a line's length. */
const MAX_OUTPUT = 16 * 1024;
const MAX_LINE = 500;

export interface Filesystem {
  readonly device: string;
  readonly mountedOn: string;
  /** Bytes. */
  readonly size: number;
  readonly used: number;
  readonly available: number;
}

/**
 * The filesystems of `df` output, whatever its block size (`df`, `df -P`, `df -h`, busybox), in the order they came.
 * Undefined when it is not such output: the page then shows the text.
 */
export function filesystemsOf(df: string): Filesystem[] | undefined {
  if (df.length > MAX_OUTPUT) return undefined;
  // A long device name makes `df` continue on the next line.
  const lines = df
    .replace(/\n[ \t]+/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const head = lines.shift();
  if (head === undefined || !/^Filesystem\s/.test(head)) return undefined;
  const block = /\s1M-blocks\s/.test(head) ? 1024 ** 2 : /\s512-blocks\s/.test(head) ? 512 : 1024;
  const filesystems: Filesystem[] = [];
  for (const line of lines) {
    if (line.length > MAX_LINE) return undefined;
    const parts =
      /^(.+?)\s+(\d+(?:\.\d+)?[BKMGTP]?)\s+(\d+(?:\.\d+)?[BKMGTP]?)\s+(-?\d+(?:\.\d+)?[BKMGTP]?)\s+(?:\d+%|-)\s+(\/.*)$/.exec(
        line,
      );
    if (parts === null) return undefined;
    const [device = '', size = '', used = '', available = '', mountedOn = ''] = parts.slice(1);
    const amounts = [size, used, available].map((amount) => amountOf(amount, block));
    const [sizeBytes = 0, usedBytes = 0, availableBytes = 0] = amounts;
    filesystems.push({ device, mountedOn, size: sizeBytes, used: usedBytes, available: availableBytes });
  }
  return filesystems.length === 0 ? undefined : filesystems;
}

function amountOf(text: string, block: number): number {
  const power = 'BKMGTP'.indexOf(text.at(-1) ?? '');
  return power === -1 ? Number(text) * block : Number(text.slice(0, -1)) * 1024 ** power;
}

/** Below this it holds a program's marker or socket, not data. */
const SMALLEST_DISK = 1024 ** 2;

/** Filesystems an operator cares for: no kernel pseudo filesystems, each device once. */
export function realFilesystems(all: readonly Filesystem[]): Filesystem[] {
  const seen = new Set<string>();
  return all.filter((filesystem) => {
    if (filesystem.size < SMALLEST_DISK) return false;
    if (/^(?:tmpfs|devtmpfs|udev|none|shm|efivarfs)$/.test(filesystem.device)) return false;
    const identity = /^\/dev\//.test(filesystem.device) ? filesystem.device : filesystem.mountedOn;
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

export interface Memory {
  readonly name: string;
  /** Bytes. `used` is what programs cannot get: total less available, where the output says what is available. */
  readonly total: number;
  readonly used: number;
}

/** Memory and swap of `free` output (procps or busybox; KiB unless it has unit letters), or of `/proc/meminfo`. */
export function memoryOf(free: string): Memory[] | undefined {
  if (free.length > MAX_OUTPUT) return undefined;
  if (/^MemTotal:/m.test(free)) return kernelMemory(free);
  const lines = free.split('\n').map((line) => line.trim());
  const columns = lines.find((line) => /^total\s+used\s/.test(line))?.split(/\s+/);
  if (columns === undefined) return undefined;
  const memory: Memory[] = [];
  for (const line of lines) {
    const parts = /^(Mem|Swap):\s+(.*)$/.exec(line);
    if (parts === null) continue;
    const amounts = (parts[2] ?? '').split(/\s+/).map(unitAmount);
    const total = amounts[0];
    const available = amounts[columns.indexOf('available')];
    const used = available !== undefined && total !== undefined ? total - available : amounts[1];
    if (total === undefined || used === undefined) return undefined;
    if (total > 0) memory.push({ name: parts[1] === 'Mem' ? 'Memory' : 'Swap', total, used });
  }
  return memory.length === 0 ? undefined : memory;
}

/** A gateway without the command reports the kernel's own lines. */
function kernelMemory(meminfo: string): Memory[] | undefined {
  const amount = (name: string) => {
    const parts = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(meminfo);
    return parts === null ? undefined : Number(parts[1]) * 1024;
  };
  const memory: Memory[] = [];
  const add = (name: string, total = 0, left = total) => {
    if (total > 0) memory.push({ name, total, used: total - left });
  };
  add('Memory', amount('MemTotal'), amount('MemAvailable') ?? amount('MemFree'));
  add('Swap', amount('SwapTotal'), amount('SwapFree'));
  return memory.length === 0 ? undefined : memory;
}

function unitAmount(text: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)([KMGT]?)i?B?$/.exec(text);
  if (parts === null) return undefined;
  const power = parts[2] === '' ? (/B$/.test(text) ? 0 : 1) : 'KMGT'.indexOf(parts[2] ?? '') + 1;
  return Number(parts[1]) * 1024 ** power;
}
