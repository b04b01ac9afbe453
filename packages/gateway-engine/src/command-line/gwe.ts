import { readGatewayCfg } from '@gateway-engine/device-client';
import { gatewayHome, UsageError } from '@gateway-engine/host';
import { readEngineConfig } from '../configuration/engine-config.ts';
import { macAddress } from '../configuration/network-interfaces.ts';
import { type HomeLayout, homeLayout } from '../home/layout.ts';
import { version } from '../version.ts';
import { commands } from './commands.ts';
import { type Console, configure, configures, printEngineConfig, printGatewayCfg } from './configure.ts';
import { type GweOptions, parseCommandLine } from './options.ts';

const console: Console = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`gwe: ${line}\n`),
};

/** The command `gwe`: configures, then does what else was asked for; without any option it is the engine. */
export async function gwe(args: readonly string[]): Promise<void> {
  const layout = homeLayout(gatewayHome());
  const [word = '', ...rest] = args;
  if (word === 'help') return await gwe([...rest, '--help']);
  const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
  if (command) return await (await command.load())(rest, layout, console);
  const options = await parseCommandLine(args, commands);
  if (!options) return;
  const actions = actionsOf(options, layout);
  const configuring = configures(options, actions.length > 0);
  if (options.json && !configuring && (actions.length === 0 || options.once)) {
    throw new UsageError(
      '--json goes with an option that prints something, such as --status; see gwe --help',
    );
  }
  if (configuring) await configure(layout, options, console);
  for (const action of actions) await action();
  if (actions.length === 0 && !configuring) await runDaemon(layout, options);
}

type Action = () => Promise<void> | void;

/**
 * Parts that only some commands need are loaded by those: hosted programs call `gwe -C` often, and it should be quick.
 */
function actionsOf(options: GweOptions, layout: HomeLayout): Action[] {
  const developer = () => import('./developer.ts');
  const verbose = options.setDebugLevel === 'DEBUG';
  const { buildApp, checkBuildfile, checkTarball, installApps, macAddress: iface, json } = options;
  const print = (text: string, data: unknown) => console.out(json ? JSON.stringify(data, null, 2) : text);
  const actions: (Action | false | undefined)[] = [
    options.version && (() => console.out(version)),
    options.path && (() => print(layout.root, { path: layout.root })),
    options.engineConf && (() => printEngineConfig(layout, options, console)),
    options.gatewayCfg && (() => printGatewayCfg(layout, options, console)),
    options.gatewayCik &&
      (async () => {
        const { cik } = await readGatewayCfg(layout.gatewayCfg);
        print(cik ?? "''", { cik: cik ?? null });
      }),
    iface !== undefined &&
      (async () => {
        const mac = await macAddress(iface);
        print(mac, { interface: iface, mac_address: mac });
      }),
    options.createBuildfile && (async () => (await developer()).createBuildFile(console)),
    checkBuildfile !== undefined &&
      (async () => (await developer()).checkBuildFile(checkBuildfile, console, options)),
    buildApp !== undefined &&
      (async () => (await developer()).buildApp(buildApp, console, { ...options, verbose })),
    checkTarball !== undefined &&
      (async () => (await developer()).checkTarball(checkTarball, console, options)),
    installApps !== undefined &&
      (async () => (await import('./install.ts')).installFromFiles(layout, installApps, options, console)),
    options.status && (async () => (await import('./status.ts')).showStatus(layout, json === true, console)),
    options.once && (() => runDaemon(layout, options)),
  ];
  return actions.filter((action) => action !== undefined && action !== false);
}

async function runDaemon(layout: HomeLayout, options: GweOptions): Promise<void> {
  const { runEngine } = await import('../engine.ts');
  const config = await readEngineConfig(layout);
  await runEngine(layout, config, { once: options.once === true, debugLevel: options.setDebugLevel });
}
