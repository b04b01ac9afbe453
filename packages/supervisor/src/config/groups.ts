import { ConfigError, ValueError } from './config-error.ts';
import type { Expansions } from './expansion.ts';
import { type ProcessConfig, readProgram } from './program.ts';
import { at, type Section, SectionReader } from './sections.ts';
import { parseInteger, parseList, parseName } from './values.ts';

export interface GroupConfig {
  readonly name: string;
  readonly priority: number;
  readonly processes: readonly ProcessConfig[];
}

/** The groups of the [group:x] and [program:x] sections; a program outside a group is a group of its own. */
export function readGroups(
  sections: ReadonlyMap<string, Section>,
  environment: Readonly<Record<string, string>>,
  expansions: Expansions,
  warnings: string[],
): GroupConfig[] {
  const programs = new Map<string, Section>();
  const groups: GroupConfig[] = [];
  for (const section of sections.values()) {
    const program = sectionArgument(section, 'program');
    if (program !== undefined) programs.set(program, section);
  }
  const program = (name: string, section: Section, group: string) =>
    readProgram(section, name, group, environment, expansions, warnings);
  const grouped = new Set<string>();
  for (const section of sections.values()) {
    const name = sectionArgument(section, 'group');
    if (name === undefined) continue;
    const options = new SectionReader(section, ['programs', 'priority'], expansions);
    const processes = options.read('programs', parseList, []).map((member) => {
      const source = programs.get(member);
      if (!source) throw options.problem('programs', `there is no [program:${member}]`);
      grouped.add(member);
      return program(member, source, name);
    });
    if (processes.length === 0) throw options.problem('programs', 'names no program');
    groups.push({
      name,
      priority: options.read('priority', parseInteger, 999),
      processes: byPriority(processes),
    });
  }
  for (const [name, section] of programs) {
    if (grouped.has(name)) continue;
    const config = program(name, section, name);
    if (groups.some((group) => group.name === name))
      throw new ConfigError(`${at(section)}: [program:${name}] has the name of a group; rename one of them`);
    groups.push({ name, priority: config.priority, processes: [config] });
  }
  return byPriority(groups);
}

export function byPriority<T extends { readonly name: string; readonly priority: number }>(
  items: readonly T[],
): T[] {
  return [...items].sort(
    (a, b) => a.priority - b.priority || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/** `x` of [kind:x]; refuses sections that are not known or not offered. */
function sectionArgument(section: Section, kind: string): string | undefined {
  const [word = '', ...rest] = section.name.split(':');
  const refuse = (problem: string) => new ConfigError(`${at(section)}: [${section.name}]: ${problem}`);
  if (word === 'eventlistener' || word === 'fcgi-program')
    throw refuse('is not supported by this supervisor; use a real supervisord for it');
  if (word === 'rpcinterface' && section.name !== 'rpcinterface:supervisor')
    throw refuse('extension of the interface in Python; not supported, remove the section');
  const known = ['program', 'group', 'supervisord', 'unix_http_server', 'inet_http_server', 'supervisorctl'];
  if (![...known, 'include', 'rpcinterface', 'ctlplugin'].includes(word))
    throw refuse(`unknown section; known are ${known.join(', ')}, include`);
  if (word !== kind) return undefined;
  try {
    return parseName(rest.join(':'));
  } catch (error) {
    throw error instanceof ValueError ? refuse(error.message) : error;
  }
}
