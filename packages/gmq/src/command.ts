import { once } from 'node:events';
import { resolve } from 'node:path';
import { createLogger, systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import {
  everywhere,
  runWords,
  withCompletion,
  withExamples,
  withExitCodes,
} from '@gateway-engine/host/command-line';
import { Command, Option } from 'commander';
import { drain } from './drain-command.ts';
import { type ExportOptions, exportQueue } from './export-command.ts';
import { leanMemory } from './lean-memory.ts';
import { loggingCfg, logSettingsFile } from './logging.ts';
import { reread } from './reread-command.ts';
import { startQueue } from './run.ts';
import { defaultSettingsFile, gmqCfg, readSettings } from './settings.ts';
import { addSettingsCommands } from './settings-words.ts';
import { askStatus, formatStatus } from './status-command.ts';
import { version } from './version.ts';

/** The command `gmq`, for `runCommand` of the host package: the queue itself, or a word to it. Throws UsageError. */
export async function gmq(args: readonly string[]): Promise<void> {
  await runWords(gmqProgram(), args);
}

/** What `gmq` takes and does. */
export function gmqProgram(): Command {
  const program = new Command('gmq')
    .description(
      'Gateway Message Queue: takes device API calls of local programs, stores and forwards them. Without a command: run the queue.',
    )
    .version(version, '-v, --version', 'print the version')
    .addOption(
      new Option('-c, --config <file>', 'configuration file')
        .default(defaultSettingsFile(), 'etc/gmq.cfg in the home')
        .helpGroup(everywhere),
    )
    .addOption(new Option('--json', 'as JSON').helpGroup(everywhere))
    .option('-g, --cfg-path', 'print the path of the configuration file')
    .option('-l, --log-cfg-path', 'print the path of the logging configuration file, which is beside it')
    .usage('[options] [command]');
  const file = () => resolve(program.opts<{ config: string }>().config);
  const json = () => program.opts<{ json?: boolean }>().json === true;
  const print = (data: unknown, text: string) => {
    process.stdout.write(json() ? `${JSON.stringify(data)}\n` : text);
  };

  program.action(async () => {
    const { cfgPath, logCfgPath } = program.opts<{ cfgPath?: boolean; logCfgPath?: boolean }>();
    if (cfgPath) print({ path: file() }, `${file()}\n`);
    if (logCfgPath) print({ path: logSettingsFile(file()) }, `${logSettingsFile(file())}\n`);
    if (cfgPath || logCfgPath) return;
    if (json()) throw new UsageError('--json goes with what prints something; see gmq --help');
    await serve(file());
  });
  withExamples(program, [
    ['gmq', 'the queue; the supervisor of a gateway starts it'],
    ['gmq status', 'what waits, and for whom'],
    ['gmq cfg set platform server https://platform.example', 'then gmq reread'],
    ['gmq cfg get platform server'],
  ]);
  withExitCodes(program);

  const rereadCommand = program
    .command('reread')
    .description('tell the running queue to read its configuration again')
    .action(async () => {
      const remark = await reread(file());
      if (json()) print({ reread: true, remark: remark ?? null }, '');
      else if (remark !== undefined) process.stderr.write(`gmq: ${remark}\n`);
    });
  withExamples(rereadCommand, [['gmq cfg set unq batch_record_period 60 && gmq reread']]);

  const statusCommand = program
    .command('status')
    .description('what waits, how much comes and goes, what was set aside, and for whom')
    .action(async () => {
      const status = await askStatus(await readSettings(file()));
      print(status, `${formatStatus(status, wholeSeconds(systemClock))}\n`);
    });
  withExamples(statusCommand, [['gmq status'], ['gmq status --json', 'for programs']]);

  const drainCommand = program
    .command('drain')
    .description('have the running queue send all that waits now, and wait until it is gone')
    .option('--timeout <seconds>', 'give up waiting after this time', timeout)
    .action(async ({ timeout: timeoutMs }: { timeout?: number }) => {
      const settings = await readSettings(file());
      const points = await drain(settings, { clock: systemClock, timeoutMs, onProgress: progressLine() });
      print({ gone: points }, `${points} points are gone\n`);
    });
  withExamples(drainCommand, [
    ['gmq drain', 'before the gateway is switched off'],
    ['gmq drain --timeout 30', 'for half a minute at most'],
  ]);

  const exportCommand = program
    .command('export')
    .description(
      'print all points that wait, a line of JSON each, as POST /batch takes them; --json changes nothing',
    )
    .option('--dead-letters', 'those that were set aside in place of them')
    .option('--with-keys', 'whole keys, not masked ones')
    .action(async ({ deadLetters = false, withKeys = false }: Partial<ExportOptions>) => {
      const { databaseFile } = await readSettings(file());
      await exportQueue(databaseFile, { deadLetters, withKeys }, async (lines) => {
        if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
      });
    });
  withExamples(exportCommand, [
    ['gmq export > points.jsonl'],
    ['gmq export --dead-letters', 'what was refused, with the reasons'],
  ]);

  addSettingsCommands(program, { name: 'cfg', what: 'the configuration file', kind: gmqCfg, file, print });
  addSettingsCommands(program, {
    name: 'log',
    what: 'the logging configuration file',
    kind: loggingCfg,
    file: () => logSettingsFile(file()),
    print,
  });
  return withCompletion(program);
}

/** Seconds on the command line, as milliseconds. */
function timeout(text: string): number {
  const seconds = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new UsageError(`--timeout is a number of seconds, not ${text}`);
  return seconds * 1000;
}

/** Shows on a terminal how many points are left. */
function progressLine(): (left: number) => void {
  if (!process.stderr.isTTY) return () => undefined;
  return (left) => {
    process.stderr.write(left === 0 ? '\r\x1b[K' : `\r\x1b[K${left} points wait`);
  };
}

async function serve(settingsFile: string): Promise<void> {
  leanMemory();
  const logger = createLogger({ name: 'gmq' });
  const stopping = new Promise<NodeJS.Signals>((settle) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, settle);
  });
  const queue = await startQueue({ settingsFile, clock: systemClock, logger });
  const signal = await stopping;
  logger.info(`gmq stops on ${signal}`);
  await queue.stop();
}
