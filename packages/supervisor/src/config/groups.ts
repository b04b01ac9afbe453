import { ConfigError, ValueError } from './config-error.ts';
import { type EventPoolConfig, readEventListener } from './event-listener.ts';
import { groupSection, programSection } from './options/sections.ts';
import { type ProcessConfig, type ProgramContext, readProgram } from './program.ts';
import { at, type Section, SectionReader } from './sections.ts';
import { parseInteger, parseList, parseName } from './values.ts';

export interface GroupConfig {
  readonly name: string;
  readonly priority: number;
  /** By priority. */
  readonly processes: readonly ProcessConfig[];
  /** Which events go to its processes, when it is a pool of event listeners. */
  readonly pool?: EventPoolConfig;
}

/** The groups of the sections; a program outside a group is a group of its own. By priority. */
export function readGroups(sections: ReadonlyMap<string, Section>, context: ProgramContext): GroupConfig[] {
  for (const section of sections.values()) refuseWhatIsNotOffered(section);
  const programs = new Map(ofKind(sections, 'program'));
  const groups: { section: Section; group: GroupConfig }[] = [];
  const grouped = new Set<string>();
  for (const [name, section] of ofKind(sections, 'group')) {
    const options = new SectionReader(section, groupSection, context.expansions);
    const processes = options.readRequired('programs', parseList).flatMap((member) => {
      const source = programs.get(member);
      if (!source) throw options.problem('programs', `there is no [program:${member}]`);
      grouped.add(member);
      return readProgram(source, programSection, member, name, context);
    });
    if (processes.length === 0) throw options.problem('programs', 'names no program');
    const priority = options.read('priority', parseInteger, 999);
    groups.push({ section, group: { name, priority, processes: byPriority(processes) } });
  }
  for (const [name, section] of programs) {
    if (grouped.has(name)) continue;
    const processes = byPriority(readProgram(section, programSection, name, name, context));
    const options = new SectionReader(section, programSection, context.expansions);
    const priority = processes[0]?.priority ?? options.read('priority', parseInteger, 999);
    groups.push({ section, group: { name, priority, processes } });
  }
  for (const [name, section] of ofKind(sections, 'eventlistener')) {
    const { processes, ...pool } = readEventListener(section, name, context);
    groups.push({ section, group: { ...pool, processes: byPriority(processes) } });
  }
  groups.forEach(({ section, group }, index) => {
    if (groups.slice(0, index).some((other) => other.group.name === group.name))
      throw new ConfigError(
        `${at(section)}: [${section.name}] has the name of another group; rename one of them`,
      );
    refuseSameNames(section, group);
  });
  return byPriority(groups.map(({ group }) => group));
}

export function byPriority<T extends { readonly name: string; readonly priority: number }>(
  items: readonly T[],
): T[] {
  return [...items].sort(
    (a, b) => a.priority - b.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

function refuseSameNames(section: Section, group: GroupConfig): void {
  const names = group.processes.map((process) => process.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ConfigError(
      `${at(section)}: [${section.name}] has two processes of the name ${twice}; give them a process_name of their own`,
    );
}

/** The sections [kind:x], each with its x. */
function ofKind(sections: ReadonlyMap<string, Section>, kind: string): [string, Section][] {
  return [...sections.values()]
    .filter((section) => section.name.startsWith(`${kind}:`))
    .map((section) => {
      try {
        return [parseName(section.name.slice(kind.length + 1)), section];
      } catch (error) {
        throw error instanceof ValueError ? refusal(section, error.message) : error;
      }
    });
}

const named = ['program', 'group', 'eventlistener', 'rpcinterface', 'ctlplugin', 'fcgi-program'];
const single = ['supervisord', 'unix_http_server', 'inet_http_server', 'supervisorctl', 'include'];

function refuseWhatIsNotOffered(section: Section): void {
  const [word = '', name] = section.name.split(':', 2);
  if (word === 'fcgi-program')
    throw refusal(
      section,
      'FastCGI programs are not supported by this supervisor; use a real supervisord for it',
    );
  if (word === 'rpcinterface' && section.name !== 'rpcinterface:supervisor')
    throw refusal(
      section,
      'an extension of the interface in Python is not supported by this supervisor; remove the section, or use a real supervisord',
    );
  if (named.includes(word) && name !== undefined) return;
  // Supervisor takes several servers, as [unix_http_server:x].
  if (single.includes(word) && (name === undefined || word.endsWith('_http_server'))) return;
  throw refusal(
    section,
    `unknown section; known are program:x, group:x, eventlistener:x, ${single.join(', ')}`,
  );
}

function refusal(section: Section, problem: string): ConfigError {
  return new ConfigError(`${at(section)}: [${section.name}]: ${problem}`);
}
