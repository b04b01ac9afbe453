import { isKey, limits, type VendorModelSerial } from '@gateway-engine/device-api';
import { UsageError } from '@gateway-engine/host';
import type { Command } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { Reply } from '../answers.ts';
import { DeviceClient } from '../device-client.ts';
import { DeviceApiError } from '../errors.ts';
import { defaultServer } from '../server-address.ts';
import type { Terminal } from './terminal.ts';

export async function write(gdc: Command, terminal: Terminal, cik: string, alias: string, value: string) {
  const text = await givenValue(value, terminal);
  const reply = await withClient(gdc, { cik: checkedKey(cik) }, (client) => client.write([[alias, text]]));
  printReply(gdc, terminal, reply);
}

export async function record(
  gdc: Command,
  terminal: Terminal,
  cik: string,
  alias: string,
  at: string,
  value: string,
) {
  if (!/^-?\d{1,15}$/.test(at)) {
    throw new UsageError(
      `"${at}" is no timestamp: expected whole seconds since 1970, or a negative offset from now`,
    );
  }
  const text = await givenValue(value, terminal);
  const reply = await withClient(gdc, { cik: checkedKey(cik) }, (client) =>
    client.record([[alias, [[Number(at), text]]]]),
  );
  printReply(gdc, terminal, reply);
}

export async function read(gdc: Command, terminal: Terminal, cik: string, aliases: readonly string[]) {
  const { values } = await withClient(gdc, { cik: checkedKey(cik) }, (client) => client.read(aliases));
  if (wantsJson(gdc)) {
    print(
      terminal,
      JSON.stringify(Object.fromEntries(aliases.map((alias) => [alias, values.get(alias) ?? null]))),
    );
    return;
  }
  for (const alias of aliases) {
    const value = values.get(alias);
    if (value !== undefined) print(terminal, aliases.length === 1 ? value : `${alias}=${value}`);
  }
  const missing = aliases.filter((alias) => !values.has(alias));
  if (missing.length > 0) {
    throw new UsageError(
      `no value at ${missing.join(', ')}: the device has no such alias, or nothing was written to it`,
    );
  }
}

export async function activate(gdc: Command, terminal: Terminal, identity: VendorModelSerial) {
  const cik = await withClient(gdc, { vendor: identity.vendor }, async (client) => {
    try {
      return await client.activate(identity);
    } catch (error) {
      const reason = error instanceof DeviceApiError ? refusals.get(error.status) : undefined;
      if (reason === undefined) throw error;
      throw new UsageError(`cannot activate ${identity.serial}: ${reason}`, { cause: error });
    }
  });
  print(terminal, wantsJson(gdc) ? JSON.stringify({ cik }) : cik);
}

const refusals = new Map([
  [404, 'the vendor, the model or the serial number is not known there; add the device to the product first'],
  [409, 'it was activated before or is not enabled; enable it again, then activate'],
]);

export async function timestamp(gdc: Command, terminal: Terminal) {
  const seconds = await withClient(gdc, {}, (client) => client.timestamp());
  print(terminal, wantsJson(gdc) ? JSON.stringify({ timestamp: seconds }) : String(seconds));
}

async function withClient<T>(
  gdc: Command,
  options: { cik?: string; vendor?: string },
  call: (client: DeviceClient) => Promise<T>,
): Promise<T> {
  const { server } = gdc.opts<{ server?: string }>();
  const client = new DeviceClient({
    server: server || defaultServer(options.vendor),
    cik: options.cik,
    userAgent: `gdc/${manifest.version}`,
  });
  try {
    return await call(client);
  } finally {
    client.close();
  }
}

function checkedKey(cik: string): string {
  if (!isKey(cik)) throw new UsageError('the CIK must be 40 lowercase hex digits; gdc activate prints it');
  return cik;
}

async function givenValue(argument: string, terminal: Terminal): Promise<string> {
  if (argument !== '-') return argument;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of terminal.stdin) {
    const piece = Buffer.from(chunk);
    bytes += piece.length;
    if (bytes > limits.dataBodyBytes) {
      throw new UsageError(`the value on standard input is longer than ${limits.dataBodyBytes} bytes`);
    }
    chunks.push(piece);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function printReply(gdc: Command, terminal: Terminal, reply: Reply): void {
  if (wantsJson(gdc)) print(terminal, JSON.stringify({ status: reply.status, date: reply.date ?? null }));
}

function wantsJson(gdc: Command): boolean {
  return gdc.opts<{ json?: boolean }>().json === true;
}

function print(terminal: Terminal, line: string): void {
  terminal.stdout.write(`${line}\n`);
}
