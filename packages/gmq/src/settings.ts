import { isAbsolute, join } from 'node:path';
import { gatewayHome, type IniSections, parseIni, readTextIfPresent } from '@gateway-engine/host';
import { z } from 'zod';

/** What `gmq.cfg` says, with the defaults filled in. */
export interface Settings {
  readonly listen: { readonly host: string; readonly port: number };
  /** Base URL of the platform; undefined: the vendor's own host of the original platform. */
  readonly server: string | undefined;
  readonly batchRecordPeriodMs: number;
  readonly batchQuantity: number;
  readonly retryMaximumMs: number;
  readonly activationRetryMs: number;
  readonly databaseFile: string;
  /** Options of the file that are not known. */
  readonly ignored: readonly string[];
}

/** Options that count only from the next start; the others follow `gmq reread`. */
export const settledAtStart = ['listen', 'databaseFile'] as const satisfies readonly (keyof Settings)[];

/** A configuration file that cannot be followed: where, what, and what would be right. */
export class SettingsError extends Error {
  readonly code = 'GMQ_CFG';
}

const seconds = (smallest: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/, 'expected a number of seconds')
    .transform(Number)
    .refine((value) => value >= smallest && value <= 86_400 * 30, `expected ${smallest} to 2592000 seconds`)
    .transform((value) => value * 1000);

const listenAddress = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'expected HOST:PORT, such as 127.0.0.1:8090')
  .transform(parseAddress)
  .refine(({ port }) => port <= 65_535, 'expected a port up to 65535');

/** HOST:PORT, an address of IPv6 in brackets. */
export function parseAddress(text: string): Settings['listen'] {
  const colon = text.lastIndexOf(':');
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) };
}

export function formatAddress({ host, port }: Settings['listen']): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const baseUrl = z.string().refine((text) => {
  const url = URL.parse(text);
  const bare = url?.pathname === '/' && url.search + url.hash + url.username + url.password === '';
  return bare && /^https?:$/.test(url.protocol);
}, 'expected a base URL, such as https://platform.example or http://127.0.0.1:8080');

const known = {
  server: { listen: listenAddress },
  platform: { server: baseUrl },
  unq: {
    batch_record_period: seconds(0.1),
    batch_qty: z
      .string()
      .regex(/^[1-9]\d{0,5}$/, 'expected a whole number from 1 to 999999')
      .transform(Number),
    retry_maximum: seconds(1),
    activation_retry_interval: seconds(1),
  },
  db: { file: z.string() },
} as const;

export function defaultSettingsFile(home = gatewayHome()): string {
  return join(home, 'etc', 'gmq.cfg');
}

/** Reads `gmq.cfg`; without the file everything has its default. Throws SettingsError or IniError. */
export async function readSettings(file: string, home = gatewayHome()): Promise<Settings> {
  return parseSettings((await readTextIfPresent(file)) ?? '', file, home);
}

export function parseSettings(text: string, file: string, home: string): Settings {
  const sections = parseIni(text, { file });
  const option = <T>(section: string, name: string, schema: z.ZodType<T>, missing: T): T =>
    readOption(sections, file, section, name, schema, missing);
  const databaseFile = option('db', 'file', known.db.file, '') || join(home, 'var', 'gmq.db');
  return {
    listen: option('server', 'listen', known.server.listen, { host: '127.0.0.1', port: 8090 }),
    server: option<string | undefined>('platform', 'server', known.platform.server, undefined),
    batchRecordPeriodMs: option('unq', 'batch_record_period', known.unq.batch_record_period, 10_000),
    batchQuantity: option('unq', 'batch_qty', known.unq.batch_qty, 10),
    retryMaximumMs: option('unq', 'retry_maximum', known.unq.retry_maximum, 60_000),
    activationRetryMs: option(
      'unq',
      'activation_retry_interval',
      known.unq.activation_retry_interval,
      60_000,
    ),
    databaseFile: isAbsolute(databaseFile) ? databaseFile : join(home, databaseFile),
    ignored: unknownOptions(sections),
  };
}

/** The value in force for an option that a file does not have, as it would stand there; undefined for unknown ones. */
export function defaultOption(section: string, name: string, home = gatewayHome()): string | undefined {
  if (schemaOf(section, name) === undefined) return undefined;
  const settings = parseSettings('', '', home);
  const values: Record<string, string> = {
    'server listen': formatAddress(settings.listen),
    'platform server': settings.server ?? '',
    'unq batch_record_period': String(settings.batchRecordPeriodMs / 1000),
    'unq batch_qty': String(settings.batchQuantity),
    'unq retry_maximum': String(settings.retryMaximumMs / 1000),
    'unq activation_retry_interval': String(settings.activationRetryMs / 1000),
    'db file': settings.databaseFile,
  };
  return values[`${section} ${name}`];
}

/** Whether a changed option counts only from the next start of the queue. */
export function countsFromStart(section: string, name: string): boolean {
  return (section === 'server' && name === 'listen') || (section === 'db' && name === 'file');
}

/** Checks one value as `gmq cfg set` needs it. Throws SettingsError. */
export function checkOption(section: string, name: string, value: string, file: string): void {
  const schema = schemaOf(section, name);
  if (schema === undefined) {
    const all = Object.entries(known).flatMap(([title, options]) =>
      Object.keys(options).map((option) => `[${title}] ${option}`),
    );
    throw new SettingsError(`there is no option [${section}] ${name}; known are ${all.join(', ')}`);
  }
  const sections: IniSections = new Map([[section, new Map([[name, { value, line: 0 }]])]]);
  readOption<unknown>(sections, file, section, name, schema, undefined);
}

function readOption<T>(
  sections: IniSections,
  file: string,
  section: string,
  name: string,
  schema: z.ZodType<T>,
  missing: T,
): T {
  const option = sections.get(section)?.get(name);
  // The documented files write an option that is not set as two quote characters.
  if (option === undefined || option.value === '' || option.value === "''") return missing;
  const result = schema.safeParse(option.value);
  if (result.success) return result.data;
  const where = option.line > 0 ? `${file}, line ${option.line}` : file;
  const problem = result.error.issues[0]?.message ?? 'not understood';
  throw new SettingsError(`${where}: [${section}] ${name} = ${option.value}: ${problem}`);
}

function schemaOf(section: string, name: string): z.ZodType | undefined {
  const options: Record<string, z.ZodType> | undefined = Object.hasOwn(known, section)
    ? known[section as keyof typeof known]
    : undefined;
  return options && Object.hasOwn(options, name) ? options[name] : undefined;
}

/** Options of the file that mean nothing here: misspelt ones, or those of another version. They are said, not fatal. */
function unknownOptions(sections: IniSections): string[] {
  return [...sections].flatMap(([section, options]) =>
    [...options]
      .filter(([name]) => schemaOf(section, name) === undefined)
      .map(([name]) => `[${section}] ${name}`),
  );
}
