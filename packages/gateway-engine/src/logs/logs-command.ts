import { describeError, systemClock, UsageError } from '@gateway-engine/host';
import { closest, coloursOf, withExamples } from '@gateway-engine/host/command-line';
import { Command } from 'commander';
import type { Console } from '../command-line/configure.ts';
import { gweCommand } from '../command-line/gwe-command.ts';
import { readEngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import { findLogs } from './find-logs.ts';
import { FollowedLines } from './followed-lines.ts';
import { type LogPlace, placesOf } from './log-place.ts';
import { shownLine } from './shown-line.ts';

interface LogOptions {
  readonly follow?: true;
  readonly lines: string;
  readonly all?: true;
  readonly json?: true;
}

export function logsProgram(layout: HomeLayout, console: Console): Command {
  const command = new Command('gwe logs')
    .description('logs of applications, and of gwe, gmq and supervisord')
    .argument('[apps...]', 'names of applications, or gwe, gmq, supervisord; without one, gwe')
    .option('-f, --follow', 'go on with what is written, until Ctrl-C')
    .option('-n, --lines <LINES>', 'begin with so many lines of the past', '10')
    .option('--all', 'all logs of this gateway')
    .option('--json', 'a line of JSON for each line: app and line');
  withExamples(
    command,
    [
      ['gwe logs', 'the last lines of the engine'],
      ['gwe logs load-reporter -n 50', 'the last 50 of an application'],
      ['gwe logs load-reporter gmq -f', 'two logs as they are written'],
      ['gwe logs --all -n 3', 'three lines of each log'],
    ],
    'The supervisor is asked where the logs are; without one they are looked for in the home. Lines of the past come from\nthe rotated files, too (NAME.log.1 ...), and none is missed when a log is rotated meanwhile.',
  );
  return command.action(async (apps: string[]) => {
    await show(layout, apps, command.opts<LogOptions>(), console);
  });
}

/** `gwe logs [APP...]`: what programs of this gateway have written. */
export const logsCommand = gweCommand(logsProgram);

const lookMs = 200;
/** How often programs are looked for that have come since. */
const searchMs = 5_000;

async function show(layout: HomeLayout, apps: readonly string[], options: LogOptions, console: Console) {
  if (!/^\d{1,6}$/.test(options.lines)) {
    throw new UsageError(`--lines ${options.lines}: expected a whole number of lines, at most 999999`);
  }
  const config = await readEngineConfig(layout);
  const find = async () => chosen(await findLogs(layout, config), apps, options.all === true);
  const first = await find();
  const nowhere = first.filter(({ file }) => file === undefined);
  for (const { name } of nowhere) {
    console.err(`${name} writes no log file: its output goes to the log of the system, or nowhere`);
  }
  const shown = new ShownLogs(first, options, console);
  if (!options.follow) return shown.end();
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ending.abort());
  for (let waited = 0; !ending.signal.aborted; waited += lookMs) {
    shown.look();
    if (waited >= searchMs) {
      waited = 0;
      shown.add(await find());
    }
    await systemClock.sleep(lookMs, ending.signal).catch(() => undefined);
  }
  shown.end();
}

/** Throws UsageError for an application without a log, with those that there are. */
export function chosen(places: readonly LogPlace[], apps: readonly string[], all: boolean): LogPlace[] {
  if (all) return [...places];
  const names = [...new Set(places.map(({ app }) => app))].sort();
  return (apps.length === 0 ? ['gwe'] : apps).flatMap((app) => {
    const found = placesOf(app, places);
    if (found.length > 0) return found;
    const meant = closest(app, names);
    const hint = meant === undefined ? '' : `did you mean ${meant}? `;
    throw new UsageError(`there is no log of "${app}"; ${hint}there are ${names.join(', ')}`);
  });
}

/** Logs that are being shown. */
class ShownLogs {
  readonly #logs = new Map<string, FollowedLines>();
  readonly #options: LogOptions;
  readonly #console: Console;

  constructor(places: readonly LogPlace[], options: LogOptions, console: Console) {
    this.#options = options;
    this.#console = console;
    this.add(places);
  }

  add(places: readonly LogPlace[]): void {
    for (const { name, file } of places) {
      if (file === undefined || this.#logs.has(name)) continue;
      try {
        this.#logs.set(name, new FollowedLines(file, Number(this.#options.lines)));
      } catch (error) {
        // The other logs are worth to be seen all the same.
        this.#console.err(`the log of ${name} cannot be read: ${describeError(error)}`);
      }
    }
    this.look();
  }

  look(): void {
    for (const [name, log] of this.#logs) this.#print(name, log.read());
  }

  end(): void {
    for (const [name, log] of this.#logs) {
      this.#print(name, [...log.read(), ...log.rest()]);
      log.close();
    }
  }

  #print(name: string, lines: readonly string[]): void {
    const isTerminal = process.stdout.isTTY;
    const style = { names: [...this.#logs.keys()], isTerminal, colours: coloursOf(process.stdout) };
    for (const line of lines) {
      this.#console.out(
        this.#options.json ? JSON.stringify({ app: name, line }) : shownLine(name, line, style),
      );
    }
  }
}
