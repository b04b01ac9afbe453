import { runCommand, systemClock } from '@gateway-engine/host';
import { backgroundReport, failed, startInBackground } from './background.ts';
import { parseCommandLine } from './command-line.ts';
import { loadForStart } from './config/start-config.ts';
import { runDaemon } from './daemon.ts';

await runCommand('gwe-supervisord', async () => {
  const args = process.argv.slice(2);
  const command = parseCommandLine(args, process.argv[1] ?? '');
  if (!command) return;
  const { configFile, overrides } = command;
  const parts = { clock: systemClock, environment: process.env, overrides };
  const report = backgroundReport(process.env);
  if (!report) {
    // Mistakes in the configuration are told here and not from the background.
    const { foreground } = loadForStart(configFile, process.env, overrides);
    if (foreground) await runDaemon(configFile, { ...parts, background: false });
    else await startInBackground(args, process.env);
    return;
  }
  try {
    await runDaemon(configFile, { ...parts, background: true, onReady: () => report({ ready: true }) });
  } catch (error) {
    report(failed(error));
    throw error;
  }
});
