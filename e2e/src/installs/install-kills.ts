import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import { waitUntil } from '@gateway-engine/testkit';
import { pick, seededRandom } from '../queue/random.ts';
import { product, System, sn } from '../system.ts';
import { makeTarball, script } from '../tarballs.ts';

export interface InstallKillReport {
  readonly rounds: number;
  readonly kills: number;
  /** New versions that were installed. */
  readonly installed: number;
  /** Those after which the version before was running again, as it should. */
  readonly broughtBack: number;
  /** Rounds that ended otherwise. */
  readonly wrong: number;
  /** States of the install in which the engine was killed, and how often. */
  readonly killedWhile: Readonly<Record<string, number>>;
  /** The first of what went wrong. */
  readonly examples: readonly string[];
}

const name = 'killed-app';
/** About as long as an install and its probation take. */
const longestPauseMs = 2_500;
/** Each way that an install goes, and whether the new version is to run in the end. */
const ways = [
  { kind: 'good', isKept: true },
  { kind: 'its installer fails', isKept: false },
  { kind: 'it fails its probation', isKept: false },
] as const;
type Way = (typeof ways)[number];

/**
 * Installs one version after another on a real gateway of a real platform, and kills the engine by `kill -9` at one or
 * two random moments of each: the supervisor starts it again. In the end the version runs that should, the platform has
 * been told, and the report names it.
 */
export async function installKills(plan: { rounds: number; seed: number }): Promise<InstallKillReport> {
  const random = seededRandom(plan.seed);
  await using system = await System.start();
  const killedWhile = new Map<string, number>();
  const examples: string[] = [];
  let [kills, installed, broughtBack, wrong] = [0, 0, 0, 0];
  let current = 1;
  await deploy(system, current, ways[0]);
  await told(system, current);
  for (let round = 0; round < plan.rounds; round++) {
    const version = round + 2;
    const way = pick(ways, random);
    const deployed = deploy(system, version, way);
    await begun(system, version);
    for (let times = random() < 0.5 ? 1 : 2; times > 0; times--) {
      await pause(random() * longestPauseMs);
      const { state } = newest(system);
      await system.killProgram('gwe');
      kills++;
      killedWhile.set(state, (killedWhile.get(state) ?? 0) + 1);
    }
    await deployed;
    const status = await told(system, version);
    const expected = way.isKept ? version : current;
    const problem = await problemOf(system, expected, way, status);
    if (problem === undefined && way.isKept) installed++;
    else if (problem === undefined) broughtBack++;
    else {
      wrong++;
      examples.push(`round ${round}, version ${version}, ${way.kind}: ${problem}`);
    }
    current = expected;
  }
  const states = Object.fromEntries([...killedWhile].sort());
  return {
    rounds: plan.rounds,
    kills,
    installed,
    broughtBack,
    wrong,
    killedWhile: states,
    examples: examples.slice(0, 5),
  };
}

function seconds(version: number): number {
  return 80_000 + version;
}

async function deploy(system: System, version: number, { kind }: Way): Promise<void> {
  const run = kind === 'it fails its probation' ? `sleep 0.4; exit 7` : `exec sleep ${seconds(version)}`;
  const end = kind === 'its installer fails' ? 'exit 3' : 'exit 0';
  const tarball = makeTarball(system.folder, `${name}.v${version}.tar.gz`, [
    script('install.sh', 'sleep 0.5', `echo ${version} > "$GWE_HOME/installed"`, end),
    {
      path: 'supervisor.conf',
      content: `[supervisord]\ncommand = /bin/sh -c '${run}'\nstartsecs = 0\nautorestart = unexpected\n`,
    },
  ]);
  await system.operator('device', 'write', product, sn, 'fetch_status', '');
  await system.deploy(tarball);
}

/** What the platform is told in the end of a version. */
function told(system: System, version: number): Promise<string> {
  return waitUntil(
    `the outcome of version ${version}`,
    async () => {
      const text = (await system.value('fetch_status')) ?? '';
      const isEnd = new RegExp(`${name}\\.v${version}\\.tar\\.gz: (installed|not installed|failed)`).test(
        text,
      );
      return isEnd && text;
    },
    { timeoutMs: 120_000, everyMs: 200 },
  );
}

async function problemOf(
  system: System,
  expected: number,
  { isKept }: Way,
  status: string,
): Promise<string | undefined> {
  if (isKept !== status.includes(': installed')) return `the platform was told: ${status}`;
  const info = await system.running(name);
  const words = readFileSync(`/proc/${info.pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  if (!words.includes(`sleep ${seconds(expected)}`)) return `"${words}" runs instead of version ${expected}`;
  try {
    await waitUntil('the report', async () => (await system.report(name))?.version === String(expected), {
      timeoutMs: 30_000,
    });
    return undefined;
  } catch {
    return `the report has version ${(await system.report(name))?.version} instead of ${expected}`;
  }
}

/** Until the engine has taken the instruction over. */
async function begun(system: System, version: number): Promise<void> {
  const tarball = `${name}.v${version}.tar.gz`;
  await waitUntil(`${tarball} to begin`, () => newest(system).tarball === tarball, {
    timeoutMs: 60_000,
    everyMs: 5,
  });
}

/** The newest install, from the engine's journal itself: whatever asks the engine is too slow. */
function newest(system: System): { readonly tarball: string; readonly state: string } {
  const database = new DatabaseSync(join(system.home, 'var', 'gwe.db'), { readOnly: true, timeout: 5_000 });
  try {
    const row = database.prepare('SELECT tarball, state FROM install ORDER BY id DESC LIMIT 1').get();
    return { tarball: String(row?.tarball), state: String(row?.state) };
  } finally {
    database.close();
  }
}
