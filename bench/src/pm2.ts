import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { waitUntil } from '@gateway-engine/testkit';
import { peer } from './peers.ts';
import { wallSeconds } from './processes.ts';

/** Milliseconds from the crash of a program under pm2 to its next start. pm2 keeps its own state in `folder`. */
export async function respawnTimesOfPm2(folder: string, rounds: number): Promise<number[]> {
  mkdirSync(folder, { recursive: true });
  const entry = join(peer('pm2', '7.0.4'), 'bin', 'pm2');
  const env = { ...process.env, PM2_HOME: folder };
  const pm2 = (...args: string[]) => promisify(execFile)(process.execPath, [entry, ...args], { env });
  const file = join(folder, 'starts');
  const script = join(folder, 'program.sh');
  writeFileSync(script, `echo $$ $EPOCHREALTIME >> ${file}\nexec sleep 1000\n`);
  const starts = () =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split(' ').map(Number) as [number, number])
      : [];
  const times: number[] = [];
  try {
    await pm2('start', script, '--interpreter', 'bash', '--name', 'p');
    for (let round = 0; round < rounds; round++) {
      await waitUntil('the program', () => starts().length > round, { timeoutMs: 20_000 });
      // Longer than pm2's min_uptime of one second, so that it counts as stable.
      await sleep(1_500);
      const killed = wallSeconds();
      process.kill(starts().at(-1)?.[0] ?? 0, 'SIGKILL');
      await waitUntil('the next start', () => starts().length > round + 1, { everyMs: 2 });
      times.push(((starts().at(-1)?.[1] ?? Number.NaN) - killed) * 1000);
    }
    return times;
  } finally {
    await pm2('kill');
  }
}
