import { hostname } from 'node:os';
import { ConfigError } from './config-error.ts';
import type { Expansions } from './expansion.ts';
import { type GroupConfig, readGroups } from './groups.ts';
import { addSections, type Section } from './sections.ts';
import { findCycle, processesOf } from './start-order.ts';

/** Where a file with programs stands, or will. */
export interface ProgramFilePlace {
  /** What the text is called in errors. */
  readonly file: string;
  /** The directory that it stands in. */
  readonly directory: string;
  /** The supervisor's environment, with what [supervisord] adds to it. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Checks the text of a file with programs before it is put where the supervisor includes it from: one that the
 * supervisor refuses would keep it from starting at all. Throws the ConfigError that the supervisor would end with.
 */
export function checkProgramConfig(text: string, where: ProgramFilePlace): void {
  const cycle = findCycle(processesOf(readProgramFile(text, where)));
  if (cycle) throw new ConfigError(`${where.file}: depends_on goes round in a circle: ${cycle.join(' -> ')}`);
}

/** The groups of a file with programs, as the supervisor reads it. Throws ConfigError. */
export function readProgramFile(text: string, where: ProgramFilePlace): GroupConfig[] {
  const sections = new Map<string, Section>();
  addSections(sections, text, where.file, where.directory);
  const expansions: Record<string, string> = { host_node_name: hostname(), here: where.directory };
  for (const [name, value] of Object.entries(where.environment))
    if (value !== undefined) expansions[`ENV_${name}`] = value;
  return readGroups(sections, {
    environment: {},
    expansions: expansions satisfies Expansions,
    warnings: [],
  });
}
