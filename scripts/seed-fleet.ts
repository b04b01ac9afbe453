import { parseArgs } from 'node:util';
import { runCommand, systemClock, UsageError, wholeSeconds } from '@gateway-engine/host';
import { keepAlive } from './seed/keep-alive.ts';
import { sowFleet } from './seed/sow-fleet.ts';

const usage = `npm run seed -- [--devices N] [--platform URL] [--token TOKEN] [options]

Brings a fleet to a running platform: products, gateways with reports and days of history, some of them not well.

  --devices N        gateways (default: 200)
  --platform URL     the platform (default: GWE_PLATFORM_URL, else http://127.0.0.1:8080)
  --token TOKEN      token of its admin API (default: GWE_PLATFORM_TOKEN)
  --seed WORD        same word, same fleet (default: fleet)
  --days N           how far back the histories go (default: 7)
  --every SECONDS    between two points of a history (default: 900)
  --until SECONDS    where the histories end, seconds since 1970 (default: now)
  --rate N           requests a second at most (default: 100)
  --live             stay, and let the gateways that are up write every minute until Ctrl-C
  --help             this text
`;

await runCommand('npm run seed', async () => {
  const given = readOptions();
  if (given.help) {
    process.stdout.write(usage);
    return;
  }
  const end = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.abort());
  const token = given.token ?? process.env.GWE_PLATFORM_TOKEN;
  if (!token) {
    throw new UsageError(
      "no token given; set GWE_PLATFORM_TOKEN or --token (the platform's first one is in admin.json in its data directory)",
    );
  }
  const platform = given.platform ?? process.env.GWE_PLATFORM_URL ?? 'http://127.0.0.1:8080';
  const say = (line: string) => process.stdout.write(`${line}\n`);
  try {
    const fleet = await sowFleet(
      {
        platform,
        token,
        devices: whole('devices', given.devices, 200, 100_000),
        seed: given.seed ?? 'fleet',
        days: whole('days', given.days, 7, 365),
        everySeconds: whole('every', given.every, 900, 86_400),
        until: whole('until', given.until, wholeSeconds(systemClock), 8_640_000_000_000),
        rate: whole('rate', given.rate, 100, 10_000),
      },
      { clock: systemClock, say, signal: end.signal },
    );
    try {
      if (given.live) await keepAlive(fleet, { clock: systemClock, say, signal: end.signal });
    } finally {
      fleet.close();
    }
  } catch (error) {
    if (!end.signal.aborted) throw error;
  }
});

function readOptions() {
  try {
    return parseArgs({
      options: {
        devices: { type: 'string' },
        platform: { type: 'string' },
        token: { type: 'string' },
        seed: { type: 'string' },
        days: { type: 'string' },
        every: { type: 'string' },
        until: { type: 'string' },
        rate: { type: 'string' },
        live: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : cause}; see npm run seed -- --help`);
  }
}

function whole(name: string, text: string | undefined, otherwise: number, greatest: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= greatest) return value;
  throw new UsageError(`--${name} ${text}: expected a whole number from 1 to ${greatest}`);
}
