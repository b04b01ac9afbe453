import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@gateway-engine/host';
import { Command, CommanderError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { activate, read, record, timestamp, write } from './calls.ts';
import type { Terminal } from './terminal.ts';

/** Runs `gdc` with these arguments. Throws UsageError on a mistake in them, and the errors of DeviceClient. */
export async function runGdc(args: readonly string[], terminal: Terminal): Promise<void> {
  try {
    await program(terminal).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return;
    // Commander's text may go on with a suggestion in a second line; the line that is shown says where to look.
    const [problem] = error.message.replace(/^error: /, '').split('\n');
    throw new UsageError(`${problem}; see gdc --help`);
  }
}

function program(terminal: Terminal): Command {
  const gdc = new Command('gdc')
    .description('Gateway device client: talks to the device API from the command line.')
    .addOption(
      new Option(
        '--server <url>',
        'http(s)://HOST[:PORT] (default: https://m2.exosite.com, to activate https://VENDOR.m2.exosite.com)',
      ).env('GDC_SERVER'),
    )
    .option('--json', 'print the result as JSON')
    .option('-p, --path', 'print where gdc is installed')
    .version(manifest.version, '-v, --version')
    .helpOption('-h, --help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.stdout.write(text), outputError: () => undefined })
    .allowExcessArguments()
    .action((options: { path?: boolean }) => {
      const [unknown] = gdc.args;
      if (unknown !== undefined) throw new UsageError(`unknown command '${unknown}'; see gdc --help`);
      if (!options.path)
        throw new UsageError('say what to do: write, read, record, activate or timestamp; see gdc --help');
      terminal.stdout.write(`${dirname(fileURLToPath(new URL('../../package.json', import.meta.url)))}\n`);
    });

  gdc
    .command('write <CIK> <ALIAS> <VALUE>')
    .description('write a value; "-" reads it from standard input, without its last line end')
    .action(async (cik: string, alias: string, value: string) => write(gdc, terminal, cik, alias, value));
  gdc
    .command('read <CIK> <ALIAS...>')
    .description('print the newest value of one alias, or ALIAS=VALUE lines for several')
    .action(async (cik: string, aliases: string[]) => read(gdc, terminal, cik, aliases));
  gdc
    .command('record <CIK> <ALIAS> <TIMESTAMP> <VALUE>')
    .description('store a value at a time in seconds since 1970, or seconds back from now if negative')
    .action(async (cik: string, alias: string, at: string, value: string) =>
      record(gdc, terminal, cik, alias, at, value),
    );
  gdc
    .command('activate <VENDOR> <MODEL> <SERIAL>')
    .description('obtain and print the CIK of a device; for Murano give the product id as VENDOR and MODEL')
    .action(async (vendor: string, model: string, serial: string) =>
      activate(gdc, terminal, { vendor, model, serial }),
    );
  gdc
    .command('timestamp')
    .description("print the server's time in seconds since 1970")
    .action(async () => timestamp(gdc, terminal));
  return gdc;
}
