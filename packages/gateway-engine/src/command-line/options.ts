import { UsageError } from '@gateway-engine/host';
import { Command, CommanderError, Option } from 'commander';

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

/** Reads the command line; `words`: the commands beside the options. Undefined when only help was asked for, which is printed. Throws UsageError. */
export function parseCommandLine(args: readonly string[], words: Words): GweOptions | undefined {
  const command = gweCommand(words);
  try {
    command.parse(withoutCommandWord(args), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new UsageError(`${error.message.replace(/^error: /, '')}; see gwe --help`);
  }
  const { productId, ...options } = command.opts<GweOptions & { productId?: string }>();
  if (options.json && !options.status) throw new UsageError('--json goes with --status; see gwe --help');
  return productId === undefined ? options : { ...options, setProductId: productId };
}

/** `gwe status` is another word for `gwe --status`. */
function withoutCommandWord(args: readonly string[]): string[] {
  return args[0] === 'status' ? ['--status', ...args.slice(1)] : [...args];
}

type Words = Readonly<Record<string, { readonly summary: string }>>;

function helpOf(commands: Words): string {
  const words = Object.entries(commands).map(([word, { summary }]) => `  ${word.padEnd(10)}${summary}`);
  return `\nCommands, each with its own --help:\n${words.join('\n')}`;
}

function gweCommand(words: Words): Command {
  return new Command('gwe')
    .description('Gateway Engine. Without an option: run the engine.')
    .addHelpText('after', () => helpOf(words))
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .allowExcessArguments(false)
    .helpOption('-h, --help', 'show this help')
    .option('-v, --version', 'print the version')
    .option('-p, --path', 'print the installation path')
    .option('-e, --engine-conf', 'print Engine.config')
    .option('-g, --gateway-cfg', 'print Gateway.cfg')
    .option('-C, --gateway-cik', "print the CIK; '' when not activated")
    .option('-o, --once', 'check in once, then exit')
    .option('--status', 'show the use of the network, the byte budget and what waits; also: gwe status')
    .option('--json', 'with --status: as JSON')
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
}
