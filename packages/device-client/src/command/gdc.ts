import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@gateway-engine/host/basics';
import { Command, CommanderError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { activate, read, record, timestamp, waitFor, write } from './calls.ts';
import { getContent, listContent, showContent } from './content.ts';
import type { Terminal } from './terminal.ts';
import { showTraffic } from './traffic.ts';

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
    .addOption(
      new Option('--ca <file>', 'certificate authority (PEM) to trust beside those of the system').env(
        'GDC_CA',
      ),
    )
    .option(
      '--pin <pin>',
      'sha256/BASE64 of a public key that the server must have; may be given again',
      (pin: string, pins: string[] | undefined) => [...(pins ?? []), pin],
    )
    .option('--cert <file>', 'certificate (PEM) of this client, with --key')
    .option('--key <file>', 'its key (PEM)')
    .option('--class <class>', 'what the traffic is for: control, data, update or log', 'data')
    .option('--json', 'print the result as JSON')
    .option('-p, --path', 'print where gdc is installed')
    .option('-b, --build-id', 'print the number of the build')
    .version(manifest.version, '-v, --version')
    .helpOption('-h, --help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.stdout.write(text), outputError: () => undefined })
    .allowExcessArguments()
    .action((options: { path?: boolean; buildId?: boolean }) => {
      const [unknown] = gdc.args;
      if (unknown !== undefined) throw new UsageError(`unknown command '${unknown}'; see gdc --help`);
      if (options.buildId) {
        terminal.stdout.write(`${manifest.version.split('.').at(-1)}\n`);
        return;
      }
      if (!options.path) throw new UsageError('say what to do, for example read; see gdc --help');
      terminal.stdout.write(`${dirname(fileURLToPath(new URL('../../package.json', import.meta.url)))}\n`);
    });

  gdc
    .command('write <CIK> <ALIAS> <VALUE>')
    .description('write a value; "-" reads it from standard input, without its last line end')
    .action(async (cik: string, alias: string, value: string) => write(gdc, terminal, cik, alias, value));
  gdc
    .command('read <CIK> <ALIAS...>')
    .description('print the newest value of one alias, or ALIAS=VALUE lines for several')
    .option('-w, --wait <seconds>', 'wait for the next value of one alias')
    .action(async (cik: string, aliases: string[], { wait }: { wait?: string }) => {
      const [alias, another] = aliases;
      if (wait === undefined || alias === undefined) return await read(gdc, terminal, cik, aliases);
      if (another !== undefined) throw new UsageError('--wait takes one alias');
      await waitFor(gdc, terminal, cik, alias, wait);
    });
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
  const content = gdc
    .command('content')
    .description("the files of the device's product; for Murano give the product id as VENDOR and MODEL")
    .helpCommand(false)
    .allowExcessArguments()
    .action(() => {
      const [unknown] = content.args;
      const wanted = 'expected list, info or get; see gdc content --help';
      throw new UsageError(
        unknown === undefined ? `content: ${wanted}` : `unknown command 'content ${unknown}': ${wanted}`,
      );
    });
  content
    .command('list <CIK> <VENDOR> <MODEL>')
    .description('print their ids')
    .action(async (cik: string, vendor: string, model: string) =>
      listContent(gdc, terminal, cik, { vendor, model }),
    );
  content
    .command('info <CIK> <VENDOR> <MODEL> <ID>')
    .description('print type, size, time and meta of one')
    .action(async (cik: string, vendor: string, model: string, id: string) =>
      showContent(gdc, terminal, cik, { vendor, model }, id),
    );
  content
    .command('get <CIK> <VENDOR> <MODEL> <ID> [FILE]')
    .description('download one to FILE ("-": standard output); by default to a file of its name')
    .action(async (cik: string, vendor: string, model: string, id: string, file?: string) =>
      getContent(gdc, terminal, cik, { vendor, model }, id, file),
    );
  gdc
    .command('traffic')
    .description("print what this machine's programs sent and received through device clients, in bytes")
    .option('--from <day>', 'from this day on, YYYY-MM-DD in UTC')
    .option('--to <day>', 'to this day')
    .action(async (days: { from?: string; to?: string }) => showTraffic(gdc, terminal, days));
  gdc
    .command('timestamp')
    .description("print the server's time in seconds since 1970")
    .action(async () => timestamp(gdc, terminal));
  return gdc;
}
