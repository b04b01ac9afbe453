import { systemClock } from '@gateway-engine/host';
import { backgroundReport, failed, startInBackground } from './background.ts';
import { parseCommandLine } from './command-line.ts';
import { loadForStart } from './config/start-config.ts';
import { runDaemon } from './daemon.ts';
import { ownScript } from './own-script.ts';

/**
 * The command `gwe-supervisord`, for `runCommand` of the host package. Throws UsageError, ConfigError,
 * BackgroundError. `words` are what stands between the executable and the arguments when the command is called, as
 * it is called again for the background: the script of Node.js, or the name of the command in an executable of several.
 */
export async function gweSupervisord(
  args: readonly string[],
  words: readonly string[] = ownWords(),
): Promise<void> {
  const command = parseCommandLine(args, ownScript() ?? process.execPath);
  if (!command) return;
  const { configFile, overrides } = command;
  const parts = { clock: systemClock, environment: process.env, overrides };
  const report = backgroundReport(process.env);
  if (!report) {
    // Mistakes in the configuration are told here and not from the background.
    const { foreground } = loadForStart(configFile, process.env, overrides);
    if (foreground) await runDaemon(configFile, { ...parts, background: false });
    else await startInBackground([...words, ...args], process.env);
    return;
  }
  try {
    await runDaemon(configFile, { ...parts, background: true, onReady: () => report({ ready: true }) });
  } catch (error) {
    report(failed(error));
    throw error;
  }
}

function ownWords(): string[] {
  const script = ownScript();
  return script === undefined ? [] : [script];
}
