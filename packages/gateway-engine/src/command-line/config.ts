import { configName, isReservedConfigName, problemOfAppName } from '@gateway-engine/app-package';
import { systemClock, UsageError } from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { Command } from 'commander';
import { type Applied, applySettings } from '../apps/apply-settings.ts';
import { findInstalledApp, type InstalledAppFacts } from '../apps/installed-app.ts';
import { isSecret, type ListedSetting, listSettings } from '../apps/setting-list.ts';
import { longestValue, readSettings, type Setting, writeSettings } from '../apps/settings.ts';
import { readEngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import { Programs } from '../ota/programs.ts';
import type { Console } from './configure.ts';
import { gweCommand } from './gwe-command.ts';
import { readSecret } from './secret-input.ts';

interface ConfigOptions {
  readonly secret?: true;
  readonly restart: boolean;
  readonly json?: true;
}

const examples = `
Examples:
  gwe config load-reporter                            what it takes, and what is set
  gwe config load-reporter set INTERVAL 30            sets a value and restarts the program
  gwe config load-reporter set API_KEY --secret       asks for the value, which is never shown
  gwe config load-reporter set API_KEY --secret < key takes it from a file
  gwe config load-reporter unset INTERVAL             back to the default

An application says in its gwe.json which values it takes. What is set before it is installed is kept for it.`;

/** `gwe config APP`: the configuration values of an application on this gateway. */
export const configCommand = gweCommand((layout, console) => {
  const command = new Command('gwe config')
    .description('configuration values and secrets of an application')
    .argument('<app>', 'name of the application')
    .argument('[action]', 'list, set or unset', 'list')
    .argument('[name]', 'name of the value')
    .argument('[value]', 'the value; not for a secret')
    .option('--secret', 'ask for the value, or read it from standard input, and never show it')
    .option('--no-restart', 'leave the running program as it is: it gets the value with its next start')
    .option('--json', 'as JSON')
    .allowExcessArguments(false)
    .addHelpText('after', examples)
    .action(async (app: string, action: string, name?: string, value?: string) => {
      const problem = problemOfAppName(app);
      if (problem !== undefined) throw new UsageError(`${app}: ${problem}`);
      const options = command.opts<ConfigOptions>();
      const installed = await findInstalledApp(layout, app);
      if (action === 'list') return await list(layout, app, installed, options, console);
      if (action !== 'set' && action !== 'unset') {
        throw new UsageError(`${action}: say list, set or unset; see gwe config --help`);
      }
      if (installed?.inHand !== undefined) {
        throw new UsageError(`${app} is being updated (${installed.inHand}); try again when that is done`);
      }
      if (name === undefined) throw new UsageError(`say which value to ${action}; see gwe config --help`);
      await (action === 'set'
        ? set(layout, app, { name, value, secret: options.secret === true }, installed)
        : unset(layout, app, name));
      const applied = await apply(layout, app, installed, options.restart);
      if (options.json) console.out(JSON.stringify({ app, name, applied }));
      else console.out(`${name} of ${app} is ${action}; ${appliedInWords[applied]}`);
    });
  return command;
});

async function list(
  layout: HomeLayout,
  app: string,
  installed: InstalledAppFacts | undefined,
  options: ConfigOptions,
  console: Console,
): Promise<void> {
  const settings = listSettings(installed?.manifest, await readSettings(layout, app));
  if (options.json) {
    console.out(JSON.stringify({ app, version: installed?.version ?? null, values: settings }, null, 2));
    return;
  }
  console.out(installed ? `${app}, version ${installed.version}` : `${app} is not installed`);
  if (settings.length === 0) console.out('  takes no configuration values, and none are set');
  for (const setting of settings) console.out(`  ${line(setting, installed !== undefined)}`);
}

function line(setting: ListedSetting, isInstalled: boolean): string {
  const { name, value, secret, from, required, taken, description } = setting;
  const shown = from === 'none' ? '' : secret ? '********' : JSON.stringify(value);
  const state = from === 'none' ? (required ? 'missing' : 'not set') : from;
  const notes = [state, ...(taken || !isInstalled ? [] : ['not taken by the installed version'])].join(', ');
  return [name, shown, `(${notes})`, description].filter((text) => text !== '').join('  ');
}

async function set(
  layout: HomeLayout,
  app: string,
  given: { name: string; value: string | undefined; secret: boolean },
  installed: InstalledAppFacts | undefined,
): Promise<void> {
  const { name } = given;
  if (!configName.test(name) || isReservedConfigName(name)) {
    throw new UsageError(
      `${JSON.stringify(name)}: a value's name has letters, digits and underscores, 64 at most, and is none that the gateway or the system sets itself`,
    );
  }
  const settings = new Map(await readSettings(layout, app));
  const secret = given.secret || isSecret(name, installed?.manifest, settings);
  if (secret && given.value !== undefined) {
    throw new UsageError(
      `${name} is a secret: leave the value out, since every user of this machine can read command lines; it is asked for, or read from standard input`,
    );
  }
  if (!secret && given.value === undefined) throw new UsageError(`${name}: give a value, or --secret`);
  const value = given.value ?? (await readSecret(`Value of ${name}: `, longestValue));
  const problem = problemOfValue(value);
  if (problem !== undefined) throw new UsageError(`the value of ${name} ${problem}`);
  settings.set(name, { value, secret } satisfies Setting);
  await writeSettings(layout, app, settings);
}

function problemOfValue(value: string): string | undefined {
  if (Buffer.byteLength(value) > longestValue) return `has more than ${longestValue} bytes`;
  return value.includes('\0') ? 'has a NUL character' : undefined;
}

async function unset(layout: HomeLayout, app: string, name: string): Promise<void> {
  const settings = new Map(await readSettings(layout, app));
  if (!settings.delete(name)) throw new UsageError(`${name} is not set for ${app}`);
  await writeSettings(layout, app, settings);
}

async function apply(
  layout: HomeLayout,
  app: string,
  installed: InstalledAppFacts | undefined,
  restart: boolean,
): Promise<Applied> {
  const config = await readEngineConfig(layout);
  const supervisor = new SupervisorClient(config.supervisorUrl);
  const entry = await new Programs(supervisor, config.programDirectory, systemClock).entry(app);
  return await applySettings(layout, app, installed, { entry, supervisor, restart });
}

const appliedInWords: Readonly<Record<Applied, string>> = {
  kept: 'the application gets it when it is installed',
  delivered: 'the application gets it with its next start',
  restarted: 'the program was restarted with it',
  offline: 'the supervisor is not running; the program gets it when it starts',
};
