import { type Budget, BudgetError, parseBudget } from '@gateway-engine/device-client';
import {
  type IniSections,
  type LogLevel,
  logLevels,
  parseIni,
  readTextIfPresent,
  setIniOption,
  writeDurably,
} from '@gateway-engine/host';
import { z } from 'zod';
import type { HomeLayout } from '../home/layout.ts';
import { ConfigurationError } from './config-error.ts';
import { type MetricsConfig, metricsTemplate, readMetricsConfig } from './metrics-config.ts';
import { type OtaConfig, otaTemplate, readOtaConfig } from './ota-config.ts';

/** How the engine runs: `Engine.config`. */
export interface EngineConfig {
  /** Base URL of the platform; undefined for the documented host of the vendor. */
  readonly server: string | undefined;
  /** Seconds between check-ins. */
  readonly updateInterval: number;
  /** Seconds between attempts to activate. */
  readonly activationRetryInterval: number;
  readonly debugLevel: LogLevel;
  /** Undefined for the default with the version. */
  readonly userAgent: string | undefined;
  /** Whether to be woken by a long poll between check-ins. */
  readonly longPoll: boolean;
  readonly supervisorUrl: string;
  readonly programDirectory: string;
  readonly logDirectory: string;
  /** What the interfaces may carry. */
  readonly budget: Budget;
  readonly ota: OtaConfig;
  readonly metrics: MetricsConfig;
}

export const engineConfigTemplate = `[engine]
; base URL of the platform; '' for https://<vendor>.m2.exosite.com
server = ''
; seconds between two check-ins
update_interval = 14400
; seconds between two attempts to activate
activation_retry_interval = 60
; DEBUG, INFO, WARNING, ERROR or CRITICAL
debug_level = INFO
; '' for GatewayEngine-v<VERSION>
user_agent = ''
; false: ask for work at check-ins only
long_poll = true

[supervisor]
; '' for the one of this gateway's home
url = ''
conf_dir = ''
log_dir = ''

${otaTemplate}
${metricsTemplate}
[budget]
; what an interface may carry, such as: wwan0 = 50MB/day 500MB/month
; of what is used up, each class of traffic leaves the rest to the next: sacrifice = log 70%, update 80%, data 95%, control 100%
`;

export const wholeSeconds = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'expected a whole number of seconds, at least 1')
  .transform(Number);

/** A month: a gateway that a slip of the keyboard sent away for years would be out of reach until somebody goes there. */
export const longestInterval = 31 * 24 * 3600;

export const checkInInterval = wholeSeconds.refine(
  (seconds) => seconds <= longestInterval,
  `expected at most ${longestInterval} seconds (31 days)`,
);

export const debugLevel = z.enum(
  Object.keys(logLevels) as [LogLevel, ...LogLevel[]],
  `expected one of ${Object.keys(logLevels).join(', ')}`,
);

export const serverAddress = z.string().refine((text) => {
  const url = URL.parse(text);
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search + url.hash === ''
  );
}, 'expected http(s)://HOST[:PORT]');

const flag = z.enum(['true', 'false'], 'expected true or false').transform((text) => text === 'true');

/** Reads the text of Engine.config; what is missing or empty has its default. Throws IniError, ConfigurationError. */
export function parseEngineConfig(text: string, file: string, layout: HomeLayout): EngineConfig {
  const sections = parseIni(text, { file });
  const optional = <T>(section: string, option: string, schema: z.ZodType<T>): T | undefined =>
    readOption(sections, { file, section, option }, schema);
  const engine = <T>(option: string, schema: z.ZodType<T>) => optional('engine', option, schema);
  const path = z.string();
  return {
    server: engine('server', serverAddress),
    // One that was taken before there was a bound must not keep the engine from starting.
    updateInterval: Math.min(engine('update_interval', wholeSeconds) ?? 14_400, longestInterval),
    activationRetryInterval: engine('activation_retry_interval', wholeSeconds) ?? 60,
    debugLevel: engine('debug_level', debugLevel) ?? 'INFO',
    userAgent: engine('user_agent', z.string()),
    longPoll: engine('long_poll', flag) ?? true,
    supervisorUrl: optional('supervisor', 'url', path) ?? `unix://${layout.supervisorSocket}`,
    programDirectory: optional('supervisor', 'conf_dir', path) ?? layout.programs,
    logDirectory: optional('supervisor', 'log_dir', path) ?? layout.log,
    budget: readBudget(sections, file),
    ota: readOtaConfig((option, schema) => optional('ota', option, schema)),
    metrics: readMetricsConfig((option, schema) => optional('metrics', option, schema)),
  };
}

function readBudget(sections: IniSections, file: string): Budget {
  try {
    return parseBudget(sections.get('budget'), file);
  } catch (error) {
    if (error instanceof BudgetError) throw new ConfigurationError(error.message, { cause: error });
    throw error;
  }
}

function readOption<T>(
  sections: IniSections,
  place: { file: string; section: string; option: string },
  schema: z.ZodType<T>,
): T | undefined {
  const found = sections.get(place.section)?.get(place.option);
  if (!found || found.value === '' || found.value === "''") return undefined;
  const result = schema.safeParse(found.value);
  if (result.success) return result.data;
  const wanted = result.error.issues[0]?.message ?? 'not understood';
  throw new ConfigurationError(
    `${place.file}, line ${found.line}: ${place.option} = ${found.value}: ${wanted}`,
  );
}

export async function readEngineConfig(layout: HomeLayout): Promise<EngineConfig> {
  const file = layout.engineConfig;
  return parseEngineConfig(await engineConfigText(file), file, layout);
}

/** The text of the file, or of the one that would be made. */
export async function engineConfigText(file: string): Promise<string> {
  return (await readTextIfPresent(file)) ?? engineConfigTemplate;
}

/** A change of section `[engine]` unless another one is named. */
export type EngineConfigChange = readonly [option: string, value: string, section?: string];

/** Sets options and keeps every other line. Throws when the result could not be read. */
export async function changeEngineConfig(
  layout: HomeLayout,
  changes: readonly EngineConfigChange[],
): Promise<EngineConfig> {
  const file = layout.engineConfig;
  let text = await engineConfigText(file);
  for (const [option, value, section = 'engine'] of changes) {
    text = setIniOption(text, section, option, value);
  }
  const changed = parseEngineConfig(text, file, layout);
  await writeDurably(file, text);
  return changed;
}
