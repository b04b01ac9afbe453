import { gatewayCfgTemplate } from '@gateway-engine/device-client';
import { makeDirectory, parseIni, readTextIfPresent, setIniOption, writeDurably } from '@gateway-engine/host';
import { engineConfigTemplate } from '../configuration/engine-config.ts';
import { enginePrograms, morePrograms, startScript } from '../self-update/start-script.ts';
import { type HomeLayout, homeLayout } from './layout.ts';
import { supervisordConf } from './supervisord-conf.ts';

export interface HomePlan {
  /** GWE_HOME. */
  readonly home: string;
  /** Base URL of the platform for engine and queue; undefined leaves what is configured. */
  readonly server?: string | undefined;
  /** `HOST:PORT` of the queue; undefined leaves what is configured. */
  readonly gmqListen?: string | undefined;
  /** Command lines that the wrappers in `bin/` run; undefined: the programs of the engine's current slot. */
  readonly commands?:
    | {
        readonly gwe: readonly string[];
        readonly gmq: readonly string[];
        readonly gdc: readonly string[];
      }
    | undefined;
}

/**
 * Makes a gateway's home, or brings an existing one up to date: folders, the wrappers in `bin/` and the supervisor's
 * configuration are made anew; configuration files that exist are kept but for the options given here.
 * Throws UsageError when the home's path cannot be used.
 */
export async function prepareHome(plan: HomePlan): Promise<HomeLayout> {
  const layout = homeLayout(plan.home);
  const gmqCfg = await configured(layout.gmqCfg, gmqCfgTemplate, [
    ['server', 'listen', plan.gmqListen],
    ['platform', 'server', plan.server],
  ]);
  const listen = parseIni(gmqCfg, { file: layout.gmqCfg }).get('server')?.get('listen')?.value;
  const conf = supervisordConf(layout, `http://${reachable(listen || defaultListen)}`);
  const engineConfig = await configured(layout.engineConfig, engineConfigTemplate, [
    ['engine', 'server', plan.server],
  ]);

  for (const folder of [layout.bin, layout.programs, layout.apps, layout.cache, layout.run, layout.log]) {
    await makeDirectory(folder);
  }
  await makeDirectory(layout.state, 0o700);
  await writeDurably(layout.gmqCfg, gmqCfg);
  await writeDurably(layout.engineConfig, engineConfig);
  await writeDurably(layout.gatewayCfg, await configured(layout.gatewayCfg, gatewayCfgTemplate, []), {
    mode: 0o600,
  });
  await writeDurably(layout.supervisordConf, conf);
  for (const [name, script] of scripts(layout.root, plan.commands)) {
    await writeDurably(`${layout.bin}/${name}`, script, { mode: 0o755 });
  }
  return layout;
}

function scripts(home: string, commands: HomePlan['commands']): [name: string, script: string][] {
  if (!commands) return [...enginePrograms, ...morePrograms].map((name) => [name, startScript(home, name)]);
  return Object.entries(commands).map(([name, command]) => [name, wrapper(home, command)]);
}

const defaultListen = '127.0.0.1:8090';

const gmqCfgTemplate = `[server]
listen = ${defaultListen}

[platform]
; base URL of the platform; '' for https://<vendor>.m2.exosite.com
server = ''

[unq]
batch_record_period = 10.0
batch_qty = 10

[db]
`;

/** The file as it is, or its template, with the options that were given. */
async function configured(
  file: string,
  template: string,
  options: readonly (readonly [section: string, option: string, value: string | undefined])[],
): Promise<string> {
  let text = (await readTextIfPresent(file)) ?? template;
  for (const [section, option, value] of options) {
    if (value === undefined) continue;
    const before = parseIni(text, { file }).get(section)?.get(option)?.value;
    if (before !== value) text = setIniOption(text, section, option, value);
  }
  return text;
}

/** Where programs on the gateway reach a server that listens there. */
function reachable(listen: string): string {
  return listen.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

function wrapper(home: string, command: readonly string[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  return `#!/bin/sh
: "\${GWE_HOME:=${home}}"
export GWE_HOME
exec ${command.map(quote).join(' ')} "$@"
`;
}
