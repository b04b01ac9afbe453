import { formatIni, type IniSections, parseIni } from '@gateway-engine/host/basics';

/** A `supervisor.conf` that cannot be installed. */
export class SupervisorConfError extends Error {
  readonly code = 'SUPERVISOR_CONF';
}

/**
 * The options of a package's `supervisor.conf`: an INI file with the single section `[supervisord]`. An option given
 * twice counts as given last. Throws SupervisorConfError.
 */
export function parseSupervisorConf(text: string): Map<string, string> {
  let sections: IniSections;
  try {
    sections = parseIni(text, { file: 'supervisor.conf' });
  } catch (cause) {
    throw new SupervisorConfError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const own = sections.get('supervisord');
  if (!own) throw new SupervisorConfError('supervisor.conf has no section [supervisord]');
  const others = [...sections.keys()].filter((name) => name !== 'supervisord');
  if (others.length > 0) {
    throw new SupervisorConfError(
      `supervisor.conf may hold the section [supervisord] only, not [${others.join('], [')}]`,
    );
  }
  return new Map(Array.from(own, ([option, { value }]) => [option, value]));
}

/**
 * The supervisor's program entry for a package: the section renamed to `[program:<APP_NAME>]`, and the documented
 * defaults for options that are missing. A percent sign that begins no expansion, as in `date +%Y`, is doubled, so that
 * the supervisor takes it for itself and not for an error. Throws SupervisorConfError.
 */
export function rewriteSupervisorConf(
  text: string,
  app: {
    name: string;
    logDirectory?: string | undefined;
    /** Options to add, or to take instead of those given, before percent signs are looked at. */
    options?: Iterable<readonly [option: string, value: string]>;
  },
): string {
  const given = new Map([...parseSupervisorConf(text), ...(app.options ?? [])]);
  // A % starts an expansion in a supervisor's value.
  const logDirectory = (app.logDirectory ?? '/var/log').replaceAll('%', '%%');
  const defaults: [string, string][] = [
    ['command', 'command'],
    ['redirect_stderr', 'true'],
    ['stdout_logfile_maxbytes', '200KB'],
    ['stdout_logfile_backups', '1'],
    ['stdout_logfile', `${logDirectory}/${app.name}.log`],
  ];
  const missing = defaults.filter(([option]) => !given.has(option));
  const literal = Array.from(given, ([option, value]): [string, string] => [option, keepPercents(value)]);
  return formatIni([[`program:${app.name}`, [...literal, ...missing]]]);
}

/** `%%`, `%(name)s` and `%(name)02d` mean something to a supervisor and stay; every other `%` is doubled. */
function keepPercents(value: string): string {
  return value.replace(/%(?:%|\([^)]*\)[-0 +#]*\d*[sd]|)/g, (found) => (found === '%' ? '%%' : found));
}
