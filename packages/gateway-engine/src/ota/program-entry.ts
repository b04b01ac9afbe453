import { parseSupervisorConf, rewriteSupervisorConf } from '@gateway-engine/app-package';
import { formatIni } from '@gateway-engine/host';
import { checkProgramConfig } from '@gateway-engine/supervisor';
import type { HomeLayout } from '../home/layout.ts';

export interface EntryPlace {
  readonly layout: HomeLayout;
  /** Where the supervisor includes programs from. */
  readonly programDirectory: string;
  readonly logDirectory: string;
}

/**
 * Checks a package's supervisor.conf by the supervisor's own rules, with or without a supervisor at hand: an entry that
 * it refuses would keep it, and with it the whole gateway, from starting. Throws ConfigError.
 */
export function checkSupervisorConf(text: string, name: string, place: EntryPlace): void {
  const { layout, programDirectory, logDirectory } = place;
  checkProgramConfig(rewriteSupervisorConf(text, { name, logDirectory }), {
    file: 'supervisor.conf, as it is installed',
    directory: programDirectory,
    environment: supervisorEnvironment(layout),
  });
}

/** As far as it can be known away from the gateway: not which accounts it has, nor its environment. */
export function checkSupervisorConfElsewhere(text: string, name: string): void {
  const given = [...parseSupervisorConf(text)];
  const depends = ([option, value]: [string, string]) => option === 'user' || value.includes('%(ENV_');
  const unknown = new Set(given.filter(depends).map(([option]) => option));
  // Several processes need names that tell them apart, which is not known without these names.
  if (unknown.has('process_name')) unknown.add('numprocs');
  const known = given.filter(([option]) => !unknown.has(option));
  checkProgramConfig(rewriteSupervisorConf(formatIni([['supervisord', known]]), { name }), {
    file: 'supervisor.conf, as it is installed',
    directory: '/',
    environment: {},
  });
}

/** What the supervisor expands %(ENV_NAME)s with: our own environment, but for what it gave us alone. */
function supervisorEnvironment(layout: HomeLayout): NodeJS.ProcessEnv {
  const shared = Object.entries(process.env).filter(([name]) => !name.startsWith('SUPERVISOR_'));
  // A person's shell may lack these two; their values do not matter here.
  return { GMQ_URL: '', GWE_HOME: layout.root, ...Object.fromEntries(shared) };
}
