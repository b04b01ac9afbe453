import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand, systemClock, UsageError } from '@gateway-engine/host';
import { Demo } from './demo.ts';

const usage = `npm start -- [--fresh] [--state DIR]

Starts a platform and a gateway on this machine and delivers an example application over the air.

  --fresh       begin anew: removes what earlier runs left in the state folder
  --state DIR   folder of all state (default: .demo in the repository)
  --help        this text
`;

/** Somebody wants the demo to end: by a signal, or by closing the terminal or pipe it prints to. */
const end = Promise.withResolvers<'asked' | 'unheard'>();

await runCommand('npm start', main, { onOutputGone: () => end.resolve('unheard') });

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  const root = join(import.meta.dirname, '..', '..');
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const demo = new Demo(
    { root, state: resolve(root, options.state ?? '.demo'), fresh: options.fresh ?? false },
    { clock: systemClock, say },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => end.resolve('asked'));
  void end.promise.then(() => say('\n  stopping the gateway and the platform ...'));
  try {
    await Promise.race([demo.start().then(() => end.promise), end.promise]);
  } finally {
    await demo.stop();
  }
  say('  stopped');
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        fresh: { type: 'boolean' },
        state: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : cause}; see npm start -- --help`);
  }
}
