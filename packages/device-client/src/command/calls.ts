import { limits, type VendorModelSerial } from '@gateway-engine/device-api';
import { UsageError } from '@gateway-engine/host/basics';
import type { Command } from 'commander';
import type { Reply } from '../answers.ts';
import type { DeviceClient } from '../device-client.ts';
import { DeviceApiError } from '../errors.ts';
import { checkedKey, print, wantsJson, withClient } from './client.ts';
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

/** Waits for a new value. */
export async function waitFor(gdc: Command, terminal: Terminal, cik: string, alias: string, seconds: string) {
  const waitMs = Number(seconds) * 1000;
  if (!(waitMs > 0)) throw new UsageError(`--wait ${seconds}: expected a number of seconds`);
  const point = await withClient(gdc, { cik: checkedKey(cik) }, (client) => pollFor(client, alias, waitMs));
  if (!point) throw new UsageError(`no new value at ${alias} within ${seconds} s`);
  print(terminal, wantsJson(gdc) ? JSON.stringify({ [alias]: point.value }) : point.value);
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

async function pollFor(client: DeviceClient, alias: string, waitMs: number) {
  const end = performance.now() + waitMs;
  // One request waits for five minutes at most; those after the first must not miss what came in between.
  const start = waitMs > limits.longPollMs ? await client.timestamp() : undefined;
  let since: number | undefined;
  for (let left = waitMs; left > 100; left = end - performance.now()) {
    const asked = performance.now();
    const point = await client.longPoll(alias, { waitMs: left, since });
    if (point) return point;
    if (performance.now() - asked < Math.min(left, limits.longPollMs) / 2) {
      throw new UsageError(`the device has no ${alias} to wait for`);
    }
    since = start;
  }
  return undefined;
}

const refusals = new Map([
  [404, 'the vendor, the model or the serial number is not known there; add the device to the product first'],
  [409, 'it was activated before or is not enabled; enable it again, then activate'],
]);

export async function timestamp(gdc: Command, terminal: Terminal) {
  const seconds = await withClient(gdc, {}, (client) => client.timestamp());
  print(terminal, wantsJson(gdc) ? JSON.stringify({ timestamp: seconds }) : String(seconds));
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
