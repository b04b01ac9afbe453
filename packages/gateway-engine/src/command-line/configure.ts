import { isKey } from '@gateway-engine/device-api';
import {
  changeGatewayCfg,
  type GatewayCfg,
  gatewayCfgText,
  readGatewayCfg,
} from '@gateway-engine/device-client';
import {
  iniObject,
  makeDirectory,
  readTextIfPresent,
  setIniOption,
  UsageError,
  writeDurably,
} from '@gateway-engine/host';
import type { z } from 'zod';
import {
  changeEngineConfig,
  checkInInterval,
  debugLevel,
  type EngineConfigChange,
  engineConfigText,
  serverAddress,
  wholeSeconds,
} from '../configuration/engine-config.ts';
import { interfaceNames, macAddress } from '../configuration/network-interfaces.ts';
import { fingerprint } from '../configuration/ota-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import type { GweOptions } from './options.ts';

export interface Console {
  out(line: string): void;
  err(line: string): void;
}

/** Whether the options change a configuration. `-d` with an action such as --build-app is for this run only. */
export function configures(options: GweOptions, acts: boolean): boolean {
  const named = Object.keys(options).filter((option) => option.startsWith('set'));
  if (options.rootSha256 !== undefined) return true;
  return named.some((option) => option !== 'setDebugLevel' || !acts);
}

/**
 * Checks every value, changes the files, and prints those that were changed. Throws UsageError for a value that
 * cannot be, before anything is changed.
 */
export async function configure(layout: HomeLayout, options: GweOptions, console: Console): Promise<void> {
  const identity = identityChanges(options);
  const engine = engineChanges(options);
  const found = await noticeInterface(identity.iface, options, console);
  await makeDirectory(layout.etc);
  if (engine.length > 0) await changeEngineConfig(layout, engine);
  const server = engine.find(([option]) => option === 'server');
  if (server) await followInQueue(layout, server[1]);
  if (Object.keys(identity).length > 0) {
    const losesKey =
      !('cik' in identity) && becomesAnother(await readGatewayCfg(layout.gatewayCfg), identity);
    if (losesKey) console.err('the identity changes, so the CIK of the former one is dropped');
    await changeGatewayCfg(layout.gatewayCfg, losesKey ? { ...identity, cik: undefined } : identity);
    if (found !== undefined && !options.json) console.out(found);
    await printGatewayCfg(layout, options, console);
  }
  if (engine.length > 0) await printEngineConfig(layout, options, console);
}

/** `gwe --gateway-cfg`, and what was changed. */
export async function printGatewayCfg(
  layout: HomeLayout,
  options: GweOptions,
  console: Console,
): Promise<void> {
  printIni(layout.gatewayCfg, await gatewayCfgText(layout.gatewayCfg), options, console);
}

/** `gwe --engine-conf`, and what was changed. */
export async function printEngineConfig(
  layout: HomeLayout,
  options: GweOptions,
  console: Console,
): Promise<void> {
  printIni(layout.engineConfig, await engineConfigText(layout.engineConfig), options, console);
}

function printIni(file: string, text: string, { json }: GweOptions, console: Console): void {
  if (json) console.out(JSON.stringify({ file, sections: iniObject(text, file) }, null, 2));
  else console.out(text.trimEnd());
}

const productId = /^[A-Za-z0-9._-]{1,64}$/;

function identityChanges(options: GweOptions): Partial<GatewayCfg> {
  const cik = text('--set-cik', options.setCik);
  if (cik !== undefined && cik !== '' && !isKey(cik)) {
    throw new UsageError('--set-cik: a CIK has 40 lowercase hex digits');
  }
  const product = text('--set-product-id', options.setProductId);
  if (product !== undefined && product !== '' && !productId.test(product)) {
    throw new UsageError(
      `--set-product-id ${JSON.stringify(product)}: a product id has 1 to 64 of the characters A-Z a-z 0-9 . _ -`,
    );
  }
  const given = {
    cik,
    vendor: text('--set-vendor', options.setVendor) ?? product,
    model: text('--set-model', options.setModel) ?? product,
    uuid: text('--set-uuid', options.setUuid),
    iface: text('--set-iface', options.setIface),
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set.map(([option, value]) => [option, value || undefined]));
}

/** Whether the gateway has the key of another identity after these changes. */
function becomesAnother(before: GatewayCfg, changes: Partial<GatewayCfg>): boolean {
  if (before.cik === undefined) return false;
  return (['vendor', 'model', 'uuid'] as const).some(
    (part) => part in changes && before[part] !== undefined && before[part] !== changes[part],
  );
}

function engineChanges(options: GweOptions): EngineConfigChange[] {
  const changes: EngineConfigChange[] = [];
  const add = (
    option: string,
    flag: string,
    value: string | undefined,
    schema?: z.ZodType,
    section = 'engine',
  ) => {
    const given = text(flag, value);
    if (given === undefined) return;
    const result = given === '' ? undefined : schema?.safeParse(given);
    if (result?.success === false)
      throw new UsageError(`${flag} ${given}: ${result.error.issues[0]?.message}`);
    changes.push([option, given === '' ? "''" : given, section]);
  };
  add('server', '--set-server', options.setServer, serverAddress);
  add('update_interval', '--set-update-interval', options.setUpdateInterval, checkInInterval);
  add('activation_retry_interval', '--set-act-retry-interval', options.setActRetryInterval, wholeSeconds);
  add('debug_level', '--set-debug-level', options.setDebugLevel, debugLevel);
  add('user_agent', '--set-user-agent', options.setUserAgent);
  add('root_sha256', '--root-sha256', options.rootSha256, fingerprint, 'ota');
  return changes;
}

/** A value for a line of an INI file. The documents write an empty one as two quotes, too. */
function text(flag: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value === "''") return '';
  if (/\p{Cc}/u.test(value)) throw new UsageError(`${flag}: control characters are not allowed`);
  return value.trim();
}

/** Warns about an interface that the system does not have; gives the documented line of the debug level. */
async function noticeInterface(
  name: string | undefined,
  options: GweOptions,
  console: Console,
): Promise<string | undefined> {
  if (name === undefined) return undefined;
  const names = await interfaceNames();
  if (!names.includes(name)) {
    console.err(`warning: this system has no interface "${name}" now; it has ${names.join(', ')}`);
    return undefined;
  }
  if (options.setDebugLevel !== 'DEBUG') return undefined;
  return `Found interface '${name}' with MAC address (serial/uuid): ${await macAddress(name)}`;
}

/** The queue sends to the same platform as the engine. */
async function followInQueue(layout: HomeLayout, server: string): Promise<void> {
  const cfg = await readTextIfPresent(layout.gmqCfg);
  if (cfg === undefined) return;
  await writeDurably(layout.gmqCfg, setIniOption(cfg, 'platform', 'server', server));
}
