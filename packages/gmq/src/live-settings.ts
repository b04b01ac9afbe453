import { describeError, type Logger } from '@gateway-engine/host';
import { Loggers, logSettingsFile, readLogSettings } from './logging.ts';
import { type Priority, priorityLookup } from './settings/priorities.ts';
import { readSettings, type Settings, settledAtStart } from './settings.ts';

/**
 * The settings of a queue that runs, from `gmq.cfg` and `logging.cfg`, and its loggers. A file with a mistake changes
 * nothing, once it runs.
 */
export class LiveSettings {
  readonly loggers: Loggers;
  readonly #file: string;
  #settings: Settings;
  #priorityOf: (alias: string) => Priority;

  private constructor(file: string, settings: Settings, loggers: Loggers) {
    this.#file = file;
    this.#settings = settings;
    this.#priorityOf = priorityLookup(settings.priorities);
    this.loggers = loggers;
  }

  /** Throws SettingsError or IniError. */
  static async read(file: string, logger: Logger): Promise<LiveSettings> {
    const settings = await readSettings(file);
    const live = new LiveSettings(file, settings, new Loggers(logger));
    live.#warnOfIgnored(settings, file);
    await live.#applyLogSettings();
    return live;
  }

  get now(): Settings {
    return this.#settings;
  }

  priorityOf(alias: string): Priority {
    return this.#priorityOf(alias);
  }

  async reread(): Promise<void> {
    await this.#unlessWrong(() => this.#applyLogSettings());
    await this.#unlessWrong(() => this.#applySettings());
  }

  /** All but those that count from the next start. */
  async #applySettings(): Promise<void> {
    const read = await readSettings(this.#file);
    const present = this.#settings;
    this.#warnOfIgnored(read, this.#file);
    for (const name of settledAtStart) {
      if (JSON.stringify(read[name]) !== JSON.stringify(present[name])) {
        this.loggers.root.warn(`a changed ${name} in ${this.#file} counts after a restart of gmq`);
      }
    }
    const { listen, mqttListen, databaseFile } = present;
    this.#settings = { ...read, listen, mqttListen, databaseFile };
    this.#priorityOf = priorityLookup(read.priorities);
    this.loggers.root.info(`settings read again from ${this.#file}`);
  }

  async #applyLogSettings(): Promise<void> {
    const file = logSettingsFile(this.#file);
    const read = await readLogSettings(file);
    this.loggers.apply(read);
    this.#warnOfIgnored(read, file);
  }

  async #unlessWrong(apply: () => Promise<void>): Promise<void> {
    try {
      await apply();
    } catch (error) {
      this.loggers.root.error(`the settings stay as they are: ${describeError(error)}`);
    }
  }

  #warnOfIgnored({ ignored }: { readonly ignored: readonly string[] }, file: string): void {
    if (ignored.length === 0) return;
    this.loggers.root.warn(`${file} has options that are not known: ${ignored.join(', ')}`);
  }
}
