import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isCompiled, UsageError } from '@gateway-engine/host/basics';
import {
  everywhere,
  runWords,
  withCompletion,
  withExamples,
  withExitCodes,
} from '@gateway-engine/host/command-line';
import { Command, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { activate, read, record, timestamp, waitFor, write } from './calls.ts';
import { printAs } from './client.ts';
import { getContent, listContent, showContent } from './content.ts';
import type { Terminal } from './terminal.ts';
import { showTraffic } from './traffic.ts';

/** Runs `gdc` with these arguments. Throws UsageError on a mistake in them, and the errors of DeviceClient. */
export async function runGdc(args: readonly string[], terminal: Terminal): Promise<void> {
  await runWords(gdcProgram(terminal), args, terminal.stdout);
}

/** What `gdc` takes and does. */
export function gdcProgram(terminal: Terminal): Command {
  const shared = (flags: string, meaning: string) => new Option(flags, meaning).helpGroup(everywhere);
  const gdc = new Command('gdc')
    .description('Gateway device client: talks to the device API from the command line.')
    .addOption(
      shared(
        '--server <url>',
        'http(s)://HOST[:PORT] (default: https://m2.exosite.com, to activate https://VENDOR.m2.exosite.com)',
      ).env('GDC_SERVER'),
    )
    .addOption(
      shared('--ca <file>', 'certificate authority (PEM) to trust beside those of the system').env('GDC_CA'),
    )
    .addOption(
      shared(
        '--pin <pin>',
        'sha256/BASE64 of a public key that the server must have; may be given again',
      ).argParser((pin: string, pins: string[] | undefined) => [...(pins ?? []), pin]),
    )
    .addOption(shared('--cert <file>', 'certificate (PEM) of this client, with --key'))
    .addOption(shared('--key <file>', 'its key (PEM)'))
    .addOption(
      shared('--class <class>', 'what the traffic is for: control, data, update or log').default('data'),
    )
    .addOption(shared('--json', 'print the result as JSON'))
    .option('-p, --path', 'print where gdc is installed')
    .option('-b, --build-id', 'print the number of the build')
    .version(manifest.version, '-v, --version', 'print the version')
    .action((options: { path?: boolean; buildId?: boolean }) => {
      const buildId = manifest.version.split('.').at(-1) ?? '';
      if (options.buildId) return printAs(gdc, terminal, { build_id: buildId }, buildId);
      if (!options.path) throw new UsageError('say what to do, for example read; see gdc --help');
      const path = ownFolder();
      printAs(gdc, terminal, { path }, path);
    });
  withExamples(gdc, [
    ['gdc activate pump pump gw-7', 'obtains the CIK of a device'],
    ['gdc write $CIK temperature 21.5', 'writes a value; CIK=$(gwe -C) on a gateway'],
    ['gdc --json read $CIK temperature humidity', 'the newest values, for a program'],
    ['gdc --server http://127.0.0.1:8080 timestamp', 'asks another platform than the default one'],
  ]);
  withExitCodes(gdc);

  const writeCommand = gdc
    .command('write <CIK> <ALIAS> <VALUE>')
    .description('write a value; "-" reads it from standard input, without its last line end')
    .action(async (cik: string, alias: string, value: string) => write(gdc, terminal, cik, alias, value));
  withExamples(writeCommand, [
    ['gdc write $CIK temperature 21.5'],
    ['uptime | gdc write $CIK note -', 'what a program prints'],
  ]);
  const readCommand = gdc
    .command('read <CIK> <ALIAS...>')
    .description('print the newest value of one alias, or ALIAS=VALUE lines for several')
    .option('-w, --wait <seconds>', 'wait for the next value of one alias')
    .action(async (cik: string, aliases: string[], { wait }: { wait?: string }) => {
      const [alias, another] = aliases;
      if (wait === undefined || alias === undefined) return await read(gdc, terminal, cik, aliases);
      if (another !== undefined) throw new UsageError('--wait takes one alias');
      await waitFor(gdc, terminal, cik, alias, wait);
    });
  withExamples(readCommand, [
    ['gdc read $CIK temperature'],
    ['gdc read $CIK temperature humidity', 'ALIAS=VALUE lines'],
    ['gdc read $CIK command --wait 300', 'waits for what comes next, for five minutes'],
  ]);
  const recordCommand = gdc
    .command('record <CIK> <ALIAS> <TIMESTAMP> <VALUE>')
    .description('store a value at a time in seconds since 1970, or seconds back from now if negative')
    .action(async (cik: string, alias: string, at: string, value: string) =>
      record(gdc, terminal, cik, alias, at, value),
    );
  withExamples(recordCommand, [
    ['gdc record $CIK temperature 1767225600 20.5'],
    ['gdc record $CIK temperature -3600 20.5', 'an hour ago'],
  ]);
  const activateCommand = gdc
    .command('activate <VENDOR> <MODEL> <SERIAL>')
    .description('obtain and print the CIK of a device; for Murano give the product id as VENDOR and MODEL')
    .action(async (vendor: string, model: string, serial: string) =>
      activate(gdc, terminal, { vendor, model, serial }),
    );
  withExamples(activateCommand, [['gdc activate pump pump gw-7']]);
  const content = gdc
    .command('content')
    .description("the files of the device's product; for Murano give the product id as VENDOR and MODEL");
  withExamples(content, [
    ['gdc content list $CIK pump pump', 'what there is'],
    ['gdc content get $CIK pump pump sine.v2.tar.gz', 'downloads it into this folder'],
  ]);
  const listCommand = content
    .command('list <CIK> <VENDOR> <MODEL>')
    .description('print their ids')
    .action(async (cik: string, vendor: string, model: string) =>
      listContent(gdc, terminal, cik, { vendor, model }),
    );
  withExamples(listCommand, [['gdc content list $CIK pump pump']]);
  const infoCommand = content
    .command('info <CIK> <VENDOR> <MODEL> <ID>')
    .description('print type, size, time and meta of one')
    .action(async (cik: string, vendor: string, model: string, id: string) =>
      showContent(gdc, terminal, cik, { vendor, model }, id),
    );
  withExamples(infoCommand, [['gdc content info $CIK pump pump sine.v2.tar.gz']]);
  const getCommand = content
    .command('get <CIK> <VENDOR> <MODEL> <ID> [FILE]')
    .description('download one to FILE ("-": standard output); by default to a file of its name')
    .action(async (cik: string, vendor: string, model: string, id: string, file?: string) =>
      getContent(gdc, terminal, cik, { vendor, model }, id, file),
    );
  withExamples(getCommand, [
    ['gdc content get $CIK pump pump sine.v2.tar.gz'],
    ['gdc content get $CIK pump pump note.txt -', 'to standard output'],
  ]);
  const trafficCommand = gdc
    .command('traffic')
    .description("print what this machine's programs sent and received through device clients, in bytes")
    .option('--from <day>', 'from this day on, YYYY-MM-DD in UTC')
    .option('--to <day>', 'to this day')
    .action(async (days: { from?: string; to?: string }) => showTraffic(gdc, terminal, days));
  withExamples(trafficCommand, [
    ['gdc traffic --from 2026-01-01 --to 2026-01-31'],
    ['gdc --json traffic', 'all that is kept, for programs'],
  ]);
  const timestampCommand = gdc
    .command('timestamp')
    .description("print the server's time in seconds since 1970")
    .action(async () => timestamp(gdc, terminal));
  withExamples(timestampCommand, [['gdc timestamp']]);
  return withCompletion(gdc);
}

/** The folder of the package, or of the executable that has it within itself. */
function ownFolder(): string {
  if (isCompiled()) return dirname(process.execPath);
  return dirname(fileURLToPath(new URL('../../package.json', import.meta.url)));
}
