import { temporaryFolder } from '@gateway-engine/testkit';
import { killAgainAndAgain } from '../packages/supervisor/test/support/kill-loop.ts';
import { compileSupervisor } from './src/supervisors.ts';

/**
 * Kills the supervisor, compiled as gateways get it, again and again with SIGKILL while its programs write, and counts
 * what that did to them: `npm run bench -- supervisor-kill [KILLS]`, 2,000 unless told.
 */
export async function run(args: readonly string[]): Promise<void> {
  await using tools = await temporaryFolder();
  await using folder = await temporaryFolder();
  const report = await killAgainAndAgain({
    folder: folder.path,
    command: [compileSupervisor(tools.path)],
    kills: Number(args[0] ?? 2000),
    // Else there would be too much to count.
    pauseMs: 30,
    random: Math.random,
  });
  const { restartedPrograms, orphans, lostLines } = report;
  const goal = 'no program restarted, no orphan, no line lost';
  const met = restartedPrograms === 0 && orphans === 0 && lostLines === 0;
  process.stdout.write(`${JSON.stringify({ bench: 'supervisor-kill', ...report, goal, met })}\n`);
}
