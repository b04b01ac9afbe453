import { isAbsolute, join } from 'node:path';
import { gatewayHome, parseIni, readTextIfPresent } from '@gateway-engine/host';
import { z } from 'zod';
import {
  checkValue,
  findOption,
  isUnset,
  type Option,
  option,
  optional,
  parseValue,
  readOption,
  type SettingsKind,
  unknownOptions,
} from './settings/option.ts';
import { type Priority, prioritySection, priorityWords, readPriorities } from './settings/priorities.ts';
import {
  type Address,
  address,
  baseUrl,
  byteSize,
  count,
  type DayWindow,
  dayWindow,
  seconds,
  word,
} from './settings/values.ts';

export { SettingsError } from './settings/option.ts';
export { formatAddress, parseAddress } from './settings/values.ts';

/** What `gmq.cfg` says, with the defaults filled in. */
export interface Settings {
  readonly listen: Address;
  /** Where the MQTT listener is; undefined: there is none. */
  readonly mqttListen: Address | undefined;
  /** Base URL of the platform; undefined: the vendor's own host of the original platform. */
  readonly server: string | undefined;
  readonly batchRecordPeriodMs: number;
  readonly batchQuantity: number;
  readonly retryMaximumMs: number;
  readonly activationRetryMs: number;
  /** When points of low priority may be uploaded; undefined: at any time. */
  readonly uploadWindow: DayWindow | undefined;
  readonly databaseFile: string;
  /** Bytes that the points of all identities may take. */
  readonly maxBytes: number;
  /** Bytes that the points of one identity may take; undefined: all of them. */
  readonly identityBytes: number | undefined;
  /** How long a point may wait; undefined: for ever. */
  readonly timeToLiveMs: number | undefined;
  readonly whenFull: 'reject' | 'drop-oldest';
  /** Bytes of the file system that are left to others, beside the few that the queue itself needs. */
  readonly freeDiskBytes: number | undefined;
  /** Bytes that points set aside may take. */
  readonly deadLetterBytes: number;
  /** Alias, in lower case, to its priority; see priorityLookup. */
  readonly priorities: ReadonlyMap<string, Priority>;
  /** Options of the file that are not known. */
  readonly ignored: readonly string[];
}

const fromStart = { fromStart: true };

const known = {
  listen: option('server', 'listen', address, '127.0.0.1:8090', fromStart),
  mqttListen: optional('mqtt', 'listen', address, fromStart),
  server: optional('platform', 'server', baseUrl),
  batchRecordPeriodMs: option('unq', 'batch_record_period', seconds(0.1), '10.0'),
  batchQuantity: option('unq', 'batch_qty', count, '10'),
  retryMaximumMs: option('unq', 'retry_maximum', seconds(1), '60'),
  activationRetryMs: option('unq', 'activation_retry_interval', seconds(1), '60'),
  uploadWindow: optional('unq', 'upload_window', dayWindow),
  databaseFile: optional('db', 'file', z.string(), fromStart),
  maxBytes: option('limits', 'max_bytes', byteSize(65_536, '64KB or more'), '512MB'),
  identityBytes: optional('limits', 'identity_bytes', byteSize(65_536, '64KB or more')),
  timeToLiveMs: optional('limits', 'time_to_live', seconds(1, 86_400 * 3650)),
  whenFull: option('limits', 'when_full', word('reject', 'drop-oldest'), 'reject'),
  freeDiskBytes: optional('limits', 'free_disk', byteSize(0, 'bytes')),
  deadLetterBytes: option('limits', 'dead_letter_bytes', byteSize(65_536, '64KB or more'), '4MB'),
} as const;

const knownOptions: readonly Option<unknown>[] = Object.values(known);

/** The settings that count only from the next start; the others follow `gmq reread`. */
export const settledAtStart = [
  'listen',
  'mqttListen',
  'databaseFile',
] as const satisfies readonly (keyof Settings)[];

export function defaultSettingsFile(home = gatewayHome()): string {
  return join(home, 'etc', 'gmq.cfg');
}

/** Reads `gmq.cfg`; without the file everything has its default. Throws SettingsError or IniError. */
export async function readSettings(file: string, home = gatewayHome()): Promise<Settings> {
  return parseSettings((await readTextIfPresent(file)) ?? '', file, home);
}

export function parseSettings(text: string, file: string, home: string): Settings {
  const sections = parseIni(text, { file });
  const read = <T>(asked: Option<T>): T => readOption(sections, file, asked);
  const databaseFile = read(known.databaseFile) ?? defaultDatabase(home);
  return {
    listen: read(known.listen),
    mqttListen: read(known.mqttListen),
    server: read(known.server),
    batchRecordPeriodMs: read(known.batchRecordPeriodMs),
    batchQuantity: read(known.batchQuantity),
    retryMaximumMs: read(known.retryMaximumMs),
    activationRetryMs: read(known.activationRetryMs),
    uploadWindow: read(known.uploadWindow),
    databaseFile: isAbsolute(databaseFile) ? databaseFile : join(home, databaseFile),
    maxBytes: read(known.maxBytes),
    identityBytes: read(known.identityBytes),
    timeToLiveMs: read(known.timeToLiveMs),
    whenFull: read(known.whenFull),
    freeDiskBytes: read(known.freeDiskBytes),
    deadLetterBytes: read(known.deadLetterBytes),
    priorities: readPriorities(sections, file),
    ignored: unknownOptions(
      sections,
      (section, name) => section === prioritySection || findOption(knownOptions, section, name) !== undefined,
    ),
  };
}

/** The value in force for an option that a file does not have, as it would stand there; undefined for unknown ones. */
export function defaultOption(section: string, name: string, home = gatewayHome()): string | undefined {
  if (section === prioritySection) return 'normal';
  const asked = findOption(knownOptions, section, name);
  return asked === known.databaseFile ? defaultDatabase(home) : asked?.preset;
}

/** Whether a changed option counts only from the next start of the queue. */
export function countsFromStart(section: string, name: string): boolean {
  return findOption(knownOptions, section, name)?.fromStart ?? false;
}

/** Checks one value as `gmq cfg set` needs it. Throws SettingsError. */
export function checkOption(section: string, name: string, value: string, file: string): void {
  if (isUnset(value)) {
    if (section === prioritySection) return;
  } else if (section === prioritySection) {
    parseValue(value, priorityWords, { where: file, section, name });
    return;
  }
  checkValue(knownOptions, section, name, value, file);
}

function defaultDatabase(home: string): string {
  return join(home, 'var', 'gmq.db');
}

export const gmqCfg: SettingsKind = { options: knownOptions, defaultOption, checkOption };
