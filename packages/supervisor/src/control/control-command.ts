import { readFileSync, writeFileSync } from 'node:fs';
import { describeError } from '@gateway-engine/host';
import { completions, namesPrograms } from './completion.ts';
import { type ControlOptions, readOptions } from './options.ts';
import { perform } from './perform.ts';
import { runPrompt } from './prompt.ts';
import { ControlSession } from './session.ts';
import { Interrupted, Terminal } from './terminal.ts';

/** As many lines of earlier uses are kept. */
const longestHistory = 1000;

/** The command `gwe-supervisorctl`, for `runCommand` of the host package; sets the exit code. Throws UsageError. */
export async function gweSupervisorctl(args: readonly string[]): Promise<void> {
  const options = readOptions(args, process.env);
  if (!options) return;
  const terminal = new Terminal({
    input: process.stdin,
    output: process.stdout,
    error: process.stderr,
    complete: (line) => complete(session, line),
    history: readHistory(options.historyFile),
  });
  const session = new ControlSession(options, { terminal, interactive: options.interactive });
  try {
    process.exitCode = await run(session, options);
  } finally {
    terminal.close();
  }
  if (options.action === '') saveHistory(options.historyFile, terminal);
}

async function run(session: ControlSession, options: ControlOptions): Promise<number> {
  if (options.action === '') {
    await runPrompt(session, options.prompt);
    // What happened at a prompt was seen by the person at it.
    return 0;
  }
  try {
    await perform(session, options.action);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    return 130;
  }
  return session.exitCode;
}

/** Names cannot be completed while the supervisor does not answer; nothing else fails by that. */
async function complete(session: ControlSession, line: string): Promise<[string[], string]> {
  const word = /\S*$/.exec(line)?.[0] ?? '';
  if (!namesPrograms(line)) return [completions(line, []), word];
  const infos = await session.client.getAllProcessInfo().catch(() => []);
  return [completions(line, infos), word];
}

function readHistory(file: string | undefined): string[] {
  if (file === undefined) return [];
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean).reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function saveHistory(file: string | undefined, terminal: Terminal): void {
  if (file === undefined) return;
  const lines = terminal.history.slice(0, longestHistory).toReversed();
  try {
    writeFileSync(file, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
  } catch (error) {
    terminal.writeError(`gwe-supervisorctl: cannot keep the history in ${file}: ${describeError(error)}\n`);
  }
}
