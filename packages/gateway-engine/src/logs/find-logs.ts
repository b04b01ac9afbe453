import { readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { IniError, parseIni } from '@gateway-engine/host';
import { type ProcessInfo, SupervisorClient, SupervisorUnreachable } from '@gateway-engine/supervisor';
import type { EngineConfig } from '../configuration/engine-config.ts';
import type { HomeLayout } from '../home/layout.ts';
import type { LogPlace } from './log-place.ts';
import { supervisorLog } from './supervisor-log.ts';

const answerMs = 5_000;

type Where = Pick<EngineConfig, 'supervisorUrl' | 'programDirectory' | 'logDirectory'>;

/** All logs of a gateway: as its supervisor names them, or when none answers, as they lie in the home. */
export async function findLogs(layout: HomeLayout, where: Where): Promise<LogPlace[]> {
  const supervised = await asSupervised(where);
  const places = supervised?.places ?? asConfigured(layout, where);
  const own = supervised?.own ?? join(layout.log, 'supervisord.log');
  return [...places, { name: 'supervisord', app: 'supervisord', file: own }].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

/** `own`: the supervisor's own log, where that can be found out. */
async function asSupervised({
  supervisorUrl,
}: Where): Promise<{ readonly places: LogPlace[]; readonly own: string | undefined } | undefined> {
  const supervisor = new SupervisorClient(supervisorUrl, { timeoutMs: answerMs });
  try {
    const places = placesOfProcesses(await supervisor.getAllProcessInfo());
    return { places, own: await supervisorLog(supervisor) };
  } catch (error) {
    if (error instanceof SupervisorUnreachable) return undefined;
    throw error;
  }
}

type NamedLogs = Pick<ProcessInfo, 'group' | 'name' | 'stdout_logfile' | 'stderr_logfile'>;

/** One for each process, and another one for its standard error where that has a file of its own. */
export function placesOfProcesses(processes: readonly NamedLogs[]): LogPlace[] {
  const sizes = Map.groupBy(processes, ({ group }) => group);
  return processes.flatMap(({ group, name, stdout_logfile: out, stderr_logfile: err }) => {
    const isAlone = sizes.get(group)?.length === 1;
    const shown = isAlone ? group : `${group}:${name}`;
    const places = [{ name: shown, app: group, file: fileOf(out) }];
    const errors = fileOf(err);
    if (errors !== undefined && errors !== fileOf(out)) {
      places.push({ name: `${shown} stderr`, app: group, file: errors });
    }
    return places;
  });
}

/** `syslog`, nothing and the like are no files. */
function fileOf(text: string): string | undefined {
  return isAbsolute(text) ? text : undefined;
}

function asConfigured(layout: HomeLayout, { programDirectory, logDirectory }: Where): LogPlace[] {
  const files = new Map<string, string>();
  for (const folder of new Set([layout.log, logDirectory])) {
    for (const name of namesIn(folder, '.log')) files.set(name, join(folder, `${name}.log`));
  }
  for (const name of namesIn(programDirectory, '.conf')) {
    const file = configuredFile(join(programDirectory, `${name}.conf`), name);
    if (file !== undefined) files.set(name, file);
  }
  files.delete('supervisord');
  return Array.from(files, ([name, file]) => ({ name, app: name, file }));
}

function configuredFile(conf: string, name: string): string | undefined {
  try {
    const option = parseIni(readFileSync(conf, 'utf8'), { file: conf }).get(`program:${name}`);
    return fileOf(option?.get('stdout_logfile')?.value.replaceAll('%%', '%') ?? '');
  } catch (error) {
    // Whatever is wrong with it: the log may be in its usual place.
    if (error instanceof IniError || isUnreadable(error)) return undefined;
    throw error;
  }
}

function namesIn(folder: string, ending: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(ending));
    return names.map((name) => name.slice(0, -ending.length));
  } catch (error) {
    if (isUnreadable(error)) return [];
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}
