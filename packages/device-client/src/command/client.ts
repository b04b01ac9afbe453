import { readFile } from 'node:fs/promises';
import { isKey } from '@gateway-engine/device-api';
import { UsageError } from '@gateway-engine/host/basics';
import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { type TrafficClass, trafficClasses } from '../accounting/entry.ts';
import { DeviceClient } from '../device-client.ts';
import { defaultServer } from '../server-address.ts';
import type { TrustOptions } from '../trust.ts';
import type { Terminal } from './terminal.ts';

export async function withClient<T>(
  gdc: Command,
  options: { cik?: string; vendor?: string },
  call: (client: DeviceClient) => Promise<T>,
): Promise<T> {
  const { server, class: trafficClass } = gdc.opts<{ server?: string; class?: string }>();
  const client = new DeviceClient({
    ...(await trustOptions(gdc)),
    server: server || defaultServer(options.vendor),
    cik: options.cik,
    userAgent: `gdc/${manifest.version}`,
    program: 'gdc',
    trafficClass: trafficClass === undefined ? undefined : checkedClass(trafficClass),
  });
  try {
    return await call(client);
  } finally {
    client.close();
  }
}

export function checkedKey(cik: string): string {
  if (!isKey(cik)) throw new UsageError('the CIK must be 40 lowercase hex digits; gdc activate prints it');
  return cik;
}

export function wantsJson(gdc: Command): boolean {
  return gdc.opts<{ json?: boolean }>().json === true;
}

/** The data with --json, else the text. */
export function printAs(gdc: Command, terminal: Terminal, data: unknown, text: string): void {
  print(terminal, wantsJson(gdc) ? JSON.stringify(data) : text);
}

export function print(terminal: Terminal, line: string): void {
  terminal.stdout.write(`${line}\n`);
}

async function trustOptions(gdc: Command): Promise<TrustOptions> {
  const { ca, pin, cert, key } = gdc.opts<{ ca?: string; pin?: string[]; cert?: string; key?: string }>();
  return {
    ca: await fileOf('--ca', ca),
    pins: pin,
    cert: await fileOf('--cert', cert),
    key: await fileOf('--key', key),
  };
}

async function fileOf(option: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (cause) {
    throw new UsageError(`${option}: cannot read ${file}`, { cause });
  }
}

function checkedClass(text: string): TrafficClass {
  const found = trafficClasses.find((each) => each === text);
  if (found === undefined)
    throw new UsageError(`--class ${text}: expected one of ${trafficClasses.join(', ')}`);
  return found;
}
