import { existsSync } from 'node:fs';
import { systemClock } from '@gateway-engine/host';
import { Command } from 'commander';
import type { HomeLayout } from '../home/layout.ts';
import { InstallJournal } from '../ota/journal.ts';
import { openEngineDatabase } from '../state/database.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import { gweCommand } from './gwe-command.ts';
import { type HistoryEntry, historyEntry } from './history-entry.ts';

const examples = `
Examples:
  gwe history                         what was installed and removed here, the newest last
  gwe history load-reporter --json    of one application, for programs`;

/** `gwe history [APP]`: what was installed and removed on this gateway. */
export const historyCommand = gweCommand((layout, console) => {
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
  return command;
});

async function readHistory(layout: HomeLayout): Promise<HistoryEntry[]> {
  // A home in which no engine has run is not given a database by looking at it.
  if (!existsSync(layout.database)) return [];
  const database = await openEngineDatabase(layout);
  try {
    const journal = new InstallJournal(database, new StatusOutbox(database), systemClock);
    return journal.history().reverse().map(historyEntry);
  } finally {
    database.close();
  }
}

function lineOf({ changed, what, app, version, from, state, reason }: HistoryEntry): string {
  const moment = changed.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
  const title = what === 'removal' ? `${app} removed` : `${app} ${version ?? ''}`.trim();
  const before = from === null || from === version ? '' : ` (from ${from})`;
  const why = reason === null ? '' : `: ${reason.split('\n')[0]}`;
  return `${moment}  ${title}${before}  ${state}${why}`;
}
