/** The options of the configuration files of a gateway: as the programs define them, and as docs/configuration.md has them. */
import { gatewayCfgTemplate } from '../../packages/device-client/src/gateway-cfg.ts';
import { engineConfigTemplate } from '../../packages/gateway-engine/src/configuration/engine-config.ts';
import { loggingCfg } from '../../packages/gmq/src/logging.ts';
import { gmqCfg } from '../../packages/gmq/src/settings.ts';
import { parseIni } from '../../packages/host/src/index.ts';

/** `Engine.config [ota] verify` to its default, empty for none. */
export type Options = ReadonlyMap<string, string>;

export function definedOptions(): Options {
  const templates = { 'Gateway.cfg': gatewayCfgTemplate, 'Engine.config': engineConfigTemplate };
  const options = new Map<string, string>();
  for (const [file, text] of Object.entries(templates)) {
    for (const [section, found] of parseIni(text, { file })) {
      for (const [name, { value }] of found)
        options.set(`${file} [${section}] ${name}`, value === "''" ? '' : value);
    }
  }
  for (const [file, kind] of [
    ['gmq.cfg', gmqCfg],
    ['logging.cfg', loggingCfg],
  ] as const) {
    for (const { section, name, preset } of kind.options) options.set(`${file} [${section}] ${name}`, preset);
  }
  return options;
}

/** What the tables of the page say, with the whole cell of the default; a table without that column gives none. */
export function documentedOptions(page: string): Options {
  const options = new Map<string, string>();
  let file = '';
  let section: string | undefined;
  let hasDefault = false;
  for (const line of page.split('\n')) {
    file = /^## (.+)/.exec(line)?.[1] ?? file;
    if (!line.startsWith('|')) section = undefined;
    const [first = '', second = ''] = line
      .split(/(?<!\\)\|/)
      .slice(1)
      .map((cell) => cell.trim());
    if (/^option\b/.test(first)) {
      section = /`\[(\w+)\]`/.exec(first)?.[1] ?? '';
      hasDefault = second === 'default';
      continue;
    }
    if (section === undefined || first.startsWith('---')) continue;
    for (const [, named] of first.matchAll(/`([^`]+)`/g)) {
      const option = section === '' ? named : `[${section}] ${named}`;
      options.set(`${file} ${option}`, hasDefault ? second : '');
    }
  }
  return options;
}

/** Where the page and the programs differ, a line each. */
export function differences(defined: Options, documented: Options): string[] {
  const files = new Set([...defined.keys()].map((option) => option.split(' ', 1)[0]));
  const missing = [...defined.keys()].filter((option) => !documented.has(option));
  const unknown = [...documented.keys()].filter(
    // `[priority] ALIAS` and the like stand for names that the reader chooses.
    (option) => files.has(option.split(' ', 1)[0]) && !defined.has(option) && !/\] [A-Z]+$/.test(option),
  );
  const others = [...defined].filter(
    ([option, value]) =>
      value !== '' && documented.has(option) && !documented.get(option)?.includes(`\`${value}\``),
  );
  return [
    ...missing.map((option) => `${option} is not in the page`),
    ...unknown.map((option) => `there is no ${option}`),
    ...others.map(([option, value]) => `the default of ${option} is ${value}, not ${documented.get(option)}`),
  ];
}
