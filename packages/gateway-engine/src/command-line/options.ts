import { UsageError } from '@gateway-engine/host';
import { runWords, withExamples, withExitCodes } from '@gateway-engine/host/command-line';
import { Command, Option } from 'commander';

/** What was asked for on the command line. */
export interface GweOptions {
  readonly version?: true;
  readonly path?: true;
  readonly engineConf?: true;
  readonly gatewayCfg?: true;
  readonly gatewayCik?: true;
  readonly once?: true;
  readonly status?: true;
  readonly json?: true;
  readonly createBuildfile?: true;
  readonly buildApp?: string;
  readonly checkBuildfile?: string;
  readonly checkTarball?: string;
  readonly installApps?: string[];
  readonly macAddress?: string;
  readonly setCik?: string;
  readonly setModel?: string;
  readonly setVendor?: string;
  readonly setProductId?: string;
  readonly setUuid?: string;
  readonly setIface?: string;
  readonly setServer?: string;
  readonly setActRetryInterval?: string;
  readonly setDebugLevel?: string;
  readonly setUpdateInterval?: string;
  readonly setUserAgent?: string;
  readonly rootSha256?: string;
}

type Words = Readonly<Record<string, { readonly summary: string }>>;

/**
 * Reads the command line; `words`: the commands beside the options. Undefined when only help was asked for, which is
 * printed. Throws UsageError.
 */
export async function parseCommandLine(
  args: readonly string[],
  words: Words,
): Promise<GweOptions | undefined> {
  let read: GweOptions | undefined;
  const command = gweProgram((options) => {
    read = options;
  });
  for (const [word, { summary }] of Object.entries(words)) addWord(command, word, summary);
  await runWords(command, args);
  return read;
}

/** For the help, and for what was probably meant: words that come first are not read here. */
function addWord(command: Command, word: string, summary: string): void {
  command
    .command(word)
    .description(summary)
    .usage('...')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new UsageError(
        `${word} comes first, and no option before it: gwe ${word} ...; see gwe ${word} --help`,
      );
    });
}

/** The options of `gwe`, without its words. */
export function gweProgram(read: (options: GweOptions) => void): Command {
  const command = new Command('gwe')
    .description('Gateway Engine. Without an option: run the engine.')
    .action(() => {
      const { productId, ...options } = command.opts<GweOptions & { productId?: string }>();
      read(productId === undefined ? options : { ...options, setProductId: productId });
    })
    .option('-v, --version', 'print the version')
    .option('-p, --path', 'print the installation path')
    .option('-e, --engine-conf', 'print Engine.config')
    .option('-g, --gateway-cfg', 'print Gateway.cfg')
    .option('-C, --gateway-cik', "print the CIK; '' when not activated")
    .option('-o, --once', 'check in once, then exit')
    .option('--status', 'show the use of the network, the byte budget and what waits; also: gwe status')
    .option('--json', 'with an option that prints something: as JSON')
    .option('-x, --create-buildfile', 'ask for a name and a version and write a build file')
    .option('--build-app <BUILDFILE>', "build an application's tarball and print its path")
    .option('-w, --check-buildfile <FILE>', 'check a build file')
    .option('-z, --check-tarball <FILE>', "check an application's tarball")
    .option('-I, --install-apps <TARBALL...>', 'install applications')
    .option('--mac-address <IFACE>', 'print the MAC address of an interface')
    .option('-c, --set-cik <CIK>', 'set the CIK')
    .option('-m, --set-model <MODEL>', 'set the model')
    .option('-r, --set-vendor <VENDOR>', 'set the vendor')
    .option('-P, --set-product-id <PRODUCT_ID>', 'set vendor and model to the product id')
    .addOption(new Option('--product-id <PRODUCT_ID>').hideHelp())
    .option('-u, --set-uuid <UUID>', "set the serial number; '' takes it back")
    .option('-i, --set-iface <IFACE>', 'set the interface whose MAC address is the serial number')
    .option('--set-server <URL>', "set the platform's base URL; '' for the default")
    .option('-l, --set-act-retry-interval <SECONDS>', 'set the time between attempts to activate')
    .option('-d, --set-debug-level <LEVEL>', 'DEBUG, INFO, WARNING, ERROR or CRITICAL')
    .option('-t, --set-update-interval <SECONDS>', 'set the time between check-ins')
    .option('-a, --set-user-agent <TEXT>', "set the User-Agent; '' for the default")
    .option('--root-sha256 <HEX>', "set the sha256 of the root that signs updates; '' to pin the platform's");
  withExamples(
    command,
    [
      [
        'gwe --set-product-id pump --set-iface eth0',
        "which device this is: eth0's MAC address is its serial number",
      ],
      ['gwe --set-server http://10.0.0.5:8080', 'and of which platform'],
      ['gwe -C', 'its CIK, for a program'],
      ['gwe --gateway-cfg --json', 'Gateway.cfg, for a program'],
      ['gwe --build-app gwe-buildfile.json', 'an application to publish'],
      ['gwe --once -d DEBUG', 'one check-in, with all that happens'],
      ['gwe status', 'each command has its own --help'],
    ],
    "Options combine. '' or an empty text takes a setting back.",
  );
  return withExitCodes(command, [255, 'gwe has no product or no serial number, so it cannot be the engine']);
}
