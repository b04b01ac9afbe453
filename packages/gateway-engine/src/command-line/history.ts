import { existsSync } from 'node:fs';
import { systemClock } from '@gateway-engine/host';
import { Command } from 'commander';
import type { HomeLayout } from '../home/layout.ts';
import type { Install } from '../ota/install.ts';
import { InstallJournal } from '../ota/journal.ts';
import { subjectOf } from '../ota/subject.ts';
import { openEngineDatabase } from '../state/database.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import { runWords } from './command-words.ts';
import type { GweCommand } from './gwe-command.ts';

const examples = `
Examples:
  gwe history                         what was installed and removed here, the newest last
  gwe history load-reporter --json    of one application, for programs`;

/** `gwe history [APP]`: what was installed and removed on this gateway. */
export const historyCommand: GweCommand = async (args, layout, console) => {
  const command = new Command('gwe history')
    .description('what was installed and removed on this gateway, and what came of it')
    .argument('[app]', 'only of this application')
    .option('--json', 'as JSON')
    .allowExcessArguments(false)
    .addHelpText('after', examples)
    .action(async (app?: string) => {
      const entries = (await readHistory(layout)).filter((entry) => app === undefined || entry.app === app);
      if (command.opts<{ json?: true }>().json) console.out(JSON.stringify(entries, null, 2));
      else for (const entry of entries) console.out(lineOf(entry));
    });
  await runWords(command, args);
};

/** One install or removal, as people and programs read it. Times are ISO 8601, UTC. */
export interface HistoryEntry {
  readonly began: string;
  readonly changed: string;
  readonly what: 'install' | 'removal';
  /** null for a tarball whose name names none. */
  readonly app: string | null;
  readonly version: string | null;
  /** The version before; null when there was none. */
  readonly from: string | null;
  readonly source: string;
  readonly state: string;
  readonly because: string | null;
  /** Why it failed, what it waits for, or what is wrong with it though it was installed. */
  readonly reason: string | null;
}

async function readHistory(layout: HomeLayout): Promise<HistoryEntry[]> {
  // A home in which no engine has run is not given a database by looking at it.
  if (!existsSync(layout.database)) return [];
  const database = await openEngineDatabase(layout);
  try {
    const journal = new InstallJournal(database, new StatusOutbox(database), systemClock);
    return journal.history().reverse().map(entryOf);
  } finally {
    database.close();
  }
}

function entryOf(install: Install): HistoryEntry {
  const { facts, source, state } = install;
  return {
    began: new Date(install.createdAt).toISOString(),
    changed: new Date(install.changedAt).toISOString(),
    what: source === 'removal' ? 'removal' : 'install',
    app: subjectOf(install) ?? null,
    version: facts.version ?? null,
    from: source === 'removal' ? null : (facts.previous?.version ?? null),
    source,
    state,
    because: facts.waits?.for ?? facts.because ?? null,
    reason: facts.waits?.text ?? facts.reason ?? facts.but ?? null,
  };
}

function lineOf({ changed, what, app, version, from, state, reason }: HistoryEntry): string {
  const moment = changed.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  const title = what === 'removal' ? `${app} removed` : `${app} ${version ?? ''}`.trim();
  const before = from === null || from === version ? '' : ` (from ${from})`;
  const why = reason === null ? '' : `: ${reason.split('\n')[0]}`;
  return `${moment}  ${title}${before}  ${state}${why}`;
}
