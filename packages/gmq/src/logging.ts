import { dirname, join } from 'node:path';
import { type Logger, type LogLevel, logLevels, parseIni, readTextIfPresent } from '@gateway-engine/host';
import {
  checkValue,
  findOption,
  option,
  optional,
  readOption,
  type SettingsKind,
  unknownOptions,
} from './settings/option.ts';
import { word } from './settings/values.ts';

/** The parts of the queue that log, each with a section of its own in `logging.cfg`. */
export const logParts = ['db', 'intake', 'upload'] as const;
export type LogPart = (typeof logParts)[number];

export interface LogSettings {
  readonly root: LogLevel;
  /** Undefined: that of the root. */
  readonly parts: Readonly<Record<LogPart, LogLevel | undefined>>;
  /** Options of the file that are not known. */
  readonly ignored: readonly string[];
}

const level = word('DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL');
const root = option('logger_root', 'level', level, 'INFO');
const part = (name: LogPart) => optional(`logger_${name}`, 'level', level);
const parts = { db: part('db'), intake: part('intake'), upload: part('upload') };
const known = [root, ...Object.values(parts)];

/** Beside `gmq.cfg`. */
export function logSettingsFile(settingsFile: string): string {
  return join(dirname(settingsFile), 'logging.cfg');
}

/** Reads `logging.cfg`; without the file everything has its default. Throws SettingsError or IniError. */
export async function readLogSettings(file: string): Promise<LogSettings> {
  return parseLogSettings((await readTextIfPresent(file)) ?? '', file);
}

export function parseLogSettings(text: string, file: string): LogSettings {
  const sections = parseIni(text, { file });
  return {
    root: readOption(sections, file, root),
    parts: {
      db: readOption(sections, file, parts.db),
      intake: readOption(sections, file, parts.intake),
      upload: readOption(sections, file, parts.upload),
    },
    ignored: unknownOptions(sections, (section, name) => findOption(known, section, name) !== undefined),
  };
}

export const loggingCfg: SettingsKind = {
  options: known,
  defaultOption: (section, name) => findOption(known, section, name)?.preset,
  checkOption: (section, name, value, file) => checkValue(known, section, name, value, file),
};

/** One logger for each part, whose levels can be changed while it runs. */
export class Loggers {
  readonly root: Logger;
  readonly parts: Readonly<Record<LogPart, Logger>>;

  constructor(base: Logger) {
    this.root = base;
    this.parts = {
      db: base.child({ part: 'db' }),
      intake: base.child({ part: 'intake' }),
      upload: base.child({ part: 'upload' }),
    };
  }

  apply(settings: LogSettings): void {
    this.root.level = logLevels[settings.root];
    for (const name of logParts) {
      this.parts[name].level = logLevels[settings.parts[name] ?? settings.root];
    }
  }
}
