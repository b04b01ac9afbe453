import { temporaryFolder } from '@gateway-engine/testkit';
import { floods, killInFlood } from '../packages/supervisor/test/support/kill-flood.ts';
import { killAgainAndAgain } from '../packages/supervisor/test/support/kill-loop.ts';
import { compileCommand } from './src/executables.ts';
import { compare, print } from './src/result.ts';

/**
 * Kills the supervisor, compiled as gateways get it, again and again with SIGKILL while its programs write, and counts
 * what that did to them: `npm run bench -- supervisor-kill [KILLS]`, 2,000 unless told; and a
 * third as often while a program prints as fast as it can.
 */
export async function run(args: readonly string[]): Promise<void> {
  await using tools = await temporaryFolder();
  await using folder = await temporaryFolder();
  const command = [compileCommand(tools.path, 'gwe-supervisord')];
  const kills = Number(args[0] ?? 2000);
  const report = await killAgainAndAgain({
    folder: folder.path,
    command,
    kills,
    // Else there would be too much to count.
    pauseMs: 30,
    random: Math.random,
  });
  const { restartedPrograms, orphans, lostLines, repeatedLines } = report;
  const beside = `${report.kills.toLocaleString('en')} kills, ${report.lines.toLocaleString('en')} lines`;
  const counts = [
    ['programs restarted by a kill', 'programs', restartedPrograms],
    ['processes that nobody watches any more', 'processes', orphans],
    ['lines of output lost', 'lines', lostLines],
    ['lines of output logged twice', 'lines', repeatedLines],
  ] as const;
  for (const [metric, unit, count] of counts)
    print(
      compare(
        { bench: 'supervisor-kill', metric, unit, peer: beside, goal: 'none' },
        [count],
        [],
        (ours) => ours === 0,
      ),
    );
  for (const [kind, flood] of Object.entries(floods))
    await killInOneFlood(command, Math.ceil(kills / 6), kind, flood);
}

async function killInOneFlood(
  command: readonly string[],
  kills: number,
  kind: string,
  flood: string,
): Promise<void> {
  await using folder = await temporaryFolder();
  const report = await killInFlood({ folder: folder.path, command, kills, flood, random: Math.random });
  const difference = report.difference === undefined ? 0 : 1;
  print(
    compare(
      {
        bench: 'supervisor-kill',
        metric: `logs of a flood of ${kind} lines that differ from what was printed`,
        unit: 'logs',
        peer: `${report.kills} kills, ${report.killsInHandOver} of them during a hand-over, ${Math.round(report.bytes / 1e6)} MB`,
        goal: 'none',
      },
      [difference],
      [],
      (ours) => ours === 0,
    ),
  );
}
