import {
  type Manifest,
  parseSupervisorConf,
  programOptions,
  rewriteSupervisorConf,
} from '@gateway-engine/app-package';
import { formatIni } from '@gateway-engine/host';
import { checkProgramConfig } from '@gateway-engine/supervisor';
import { type AppPlaces, appPlaces, placeVariables } from '../apps/app-places.ts';
import { takesVariables } from '../apps/delivery.ts';
import type { HomeLayout } from '../home/layout.ts';

export interface EntryPlace {
  readonly layout: HomeLayout;
  /** Where the supervisor includes programs from. */
  readonly programDirectory: string;
  readonly logDirectory: string;
}

/** The application that an entry is for, and what its package says of the program. */
export interface EntryApp {
  readonly name: string;
  readonly supervisorConf: string;
  readonly manifest: Manifest | undefined;
}

/**
 * The supervisor's entry for an application's program: its supervisor.conf, and what its gwe.json adds. The text is the
 * same for every version and every configuration value, unless the package itself says something else: what changes is
 * behind the link and the files that it names.
 */
export function programEntry(
  app: EntryApp,
  { layout, logDirectory }: Omit<EntryPlace, 'programDirectory'>,
): string {
  const options = addedOptions(app, appPlaces(layout, app.name));
  return rewriteSupervisorConf(app.supervisorConf, { name: app.name, logDirectory, options });
}

/** The entry that the contents of a package ask for; null when they hold no program. */
export function entryOf(
  name: string,
  {
    supervisorConf,
    manifest,
  }: { readonly supervisorConf: string | undefined; readonly manifest?: Manifest | undefined },
  place: Omit<EntryPlace, 'programDirectory'>,
): string | null {
  return supervisorConf === undefined ? null : programEntry({ name, supervisorConf, manifest }, place);
}

/**
 * Checks the entry by the supervisor's own rules, with or without a supervisor at hand: an entry that it refuses would
 * keep it, and with it the whole gateway, from starting. Throws ConfigError.
 */
export function checkProgramEntry(app: EntryApp, place: EntryPlace): void {
  checkProgramConfig(programEntry(app, place), {
    file: 'supervisor.conf, as it is installed',
    directory: place.programDirectory,
    environment: supervisorEnvironment(place.layout),
  });
}

/** As far as it can be known away from the gateway: not which accounts it has, nor its environment. */
export function checkProgramEntryElsewhere({ name, supervisorConf, manifest }: EntryApp): void {
  const given = [...parseSupervisorConf(supervisorConf)];
  const depends = ([option, value]: [string, string]) => option === 'user' || value.includes('%(ENV_');
  const unknown = new Set(given.filter(depends).map(([option]) => option));
  // Several processes need names that tell them apart, which is not known without these names.
  if (unknown.has('process_name')) unknown.add('numprocs');
  const known = given.filter(([option]) => !unknown.has(option));
  const options = manifest ? programOptions(manifest) : [];
  checkProgramConfig(rewriteSupervisorConf(formatIni([['supervisord', known]]), { name, options }), {
    file: 'supervisor.conf, as it is installed',
    directory: '/',
    environment: {},
  });
}

/** What is put into the entry beside what supervisor.conf says, or instead of it. */
function addedOptions({ supervisorConf, manifest }: EntryApp, places: AppPlaces): Map<string, string> {
  const options = new Map<string, string>();
  if (!manifest) return options;
  const given = parseSupervisorConf(supervisorConf);
  for (const [option, value] of programOptions(manifest)) options.set(option, value);
  if (manifest.layout === 'versioned' && !given.has('directory'))
    options.set('directory', literal(places.current));
  const variables = Object.entries(placeVariables(places, manifest));
  if (variables.length > 0) {
    const own = given.get('environment')?.trim().replace(/,$/, '');
    const added = variables.map(([name, value]) => `${name}="${literal(value)}"`);
    options.set('environment', [...(own ? [own] : []), ...added].join(','));
  }
  for (const option of ['command', 'healthcheck_command']) {
    const command = options.get(option) ?? given.get(option);
    if (command === undefined) continue;
    options.set(option, withVariables(inPackage(command, manifest, places), manifest, places));
  }
  return options;
}

/** A leading `./` of a command of the versioned layout is the version that runs, wherever the supervisor is. */
function inPackage(command: string, { layout }: Manifest, { current }: AppPlaces): string {
  const match =
    layout === 'versioned' ? /^(?:\.\/([^\s"']*)|"\.\/([^"]*)"|'\.\/([^']*)')/.exec(command) : null;
  if (!match) return command;
  const path = match[1] ?? match[2] ?? match[3] ?? '';
  return `"${literal(current)}/${path}"${command.slice(match[0].length)}`;
}

/** A program with values in its environment is started by the script that sets them and then becomes the program. */
function withVariables(command: string, manifest: Manifest, { environmentScript }: AppPlaces): string {
  return takesVariables(manifest) ? `/bin/sh "${literal(environmentScript)}" ${command}` : command;
}

/** A path as it stands in an entry, where a % begins an expansion. */
function literal(path: string): string {
  return path.replaceAll('%', '%%');
}

/** What the supervisor expands %(ENV_NAME)s with: our own environment, but for what it gave us alone. */
export function supervisorEnvironment(layout: HomeLayout): NodeJS.ProcessEnv {
  const shared = Object.entries(process.env).filter(([name]) => !name.startsWith('SUPERVISOR_'));
  // A person's shell may lack these two; their values do not matter here.
  return { GMQ_URL: '', GWE_HOME: layout.root, ...Object.fromEntries(shared) };
}
