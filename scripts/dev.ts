/** `npm run dev`: the whole system from its sources, started again where they change. */
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeError, runCommand, systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { DevSystem } from './dev/dev-system.ts';
import { readDependencies } from './dev/read-dependencies.ts';
import { reloadOnChange } from './dev/reload.ts';
import { watchSources } from './dev/watch-sources.ts';
import { keepAlive } from './seed/keep-alive.ts';
import { sowFleet } from './seed/sow-fleet.ts';

const usage = `npm run dev -- [--fleet N] [--state DIR]

Runs a platform, the page with hot reload, and a gateway, and starts each again when its sources change.

  --fleet N     bring N seeded gateways to the platform (see npm run seed -- --help), and keep them writing
  --state DIR   folder of all state, kept over restarts (default: .dev in the repository)
  --help        this text
`;

const root = join(import.meta.dirname, '..');
const say = (line: string) => process.stdout.write(`  ${line}\n`);
const end = new AbortController();

await runCommand('npm run dev', main, { onOutputGone: () => end.abort() });

async function main(): Promise<void> {
  const given = readOptions();
  if (given.help) {
    process.stdout.write(usage);
    return;
  }
  const fleet = fleetSize(given.fleet);
  const state = resolve(root, given.state ?? '.dev');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort());
  const ended = new Promise<void>((done) => end.signal.addEventListener('abort', () => done()));
  say('starting the platform, the page and a gateway ...');
  const system = new DevSystem({ root, state }, { clock: systemClock, say, signal: end.signal });
  const starting = system.start();
  const reload = reloadOnChange({
    root,
    dependencies: readDependencies(root),
    clock: systemClock,
    say,
    restart: (part) => system.restart(part),
  });
  try {
    const page = await Promise.race([starting, ended]);
    if (page === undefined) return;
    const watch = watchSources([join(root, 'packages')], systemClock, (paths) =>
      reload.ask(
        paths.filter(
          (path) => !path.startsWith(join(root, 'packages', 'solution-app')) && path.includes('/src/'),
        ),
      ),
    );
    try {
      showWhatNext(page, system, state);
      await Promise.all([ended, fleet > 0 ? growFleet(fleet, system) : undefined]);
    } finally {
      watch.close();
    }
  } finally {
    say('stopping ...');
    await starting.catch(() => undefined);
    await reload.stop();
    await system.stop();
    say('stopped');
  }
}

async function growFleet(devices: number, system: DevSystem): Promise<void> {
  const { url, administrator } = system.platform;
  try {
    const fleet = await sowFleet(
      {
        platform: url,
        token: administrator.token,
        devices,
        seed: 'fleet',
        until: wholeSeconds(systemClock),
        days: 7,
        everySeconds: 900,
        rate: 100,
      },
      { clock: systemClock, say, signal: end.signal },
    );
    try {
      await keepAlive(fleet, { clock: systemClock, say, signal: end.signal });
    } finally {
      fleet.close();
    }
  } catch (error) {
    // The platform was started again meanwhile, say: the rest goes on, and the next start brings the fleet whole.
    if (!end.signal.aborted) say(`the fleet is not whole: ${describeError(error)}`);
  }
}

function showWhatNext(page: string, { platform }: DevSystem, state: string): void {
  const shown = (name: string) => {
    const path = join(state, name);
    const short = relative(process.cwd(), path);
    return short.startsWith('..') ? path : short;
  };
  for (const line of [
    `page       ${page}   (a change of packages/solution-app is on it at once)`,
    `platform   ${platform.url}   (its page is the one that was built last)`,
    `log in     ${platform.administrator.username}  /  ${platform.administrator.password}`,
    `logs       ${shown('log')}, ${shown(join('gateway', 'log'))}`,
    `commands   . ${shown('env')}   then npx gwe-platform, npx gwe, ...`,
    'Ctrl-C stops everything; what the platform and the gateway know is kept.',
  ]) {
    say(line);
  }
}

function fleetSize(text: string | undefined): number {
  if (text === undefined) return 0;
  if (/^\d{1,5}$/.test(text)) return Number(text);
  throw new UsageError(`--fleet ${text}: expected a whole number`);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        fleet: { type: 'string' },
        state: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : cause}; see npm run dev -- --help`);
  }
}
