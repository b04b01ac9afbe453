import { ReadStream, WriteStream } from 'node:tty';
import { systemClock, UsageError } from '@gateway-engine/host';
import { coloursOf, withExamples } from '@gateway-engine/host/command-line';
import { Command } from 'commander';
import type { Console } from '../command-line/configure.ts';
import { gweCommand } from '../command-line/gwe-command.ts';
import type { HomeLayout } from '../home/layout.ts';
import { ProcessorUse } from '../reports/programs/processor-use.ts';
import { composeScreen } from './compose-screen.ts';
import type { GatewayLook } from './gateway-look.ts';
import { lookAtGateway } from './look-at-gateway.ts';
import { watchGateway } from './watch-gateway.ts';

interface TopOptions {
  readonly once?: true;
  readonly json?: true;
  readonly interval: string;
}

/** Between the two looks that a share of the processor needs. */
const measuredMs = 1_000;

export function topProgram(layout: HomeLayout, console: Console): Command {
  const command = new Command('gwe top')
    .description('what runs on this gateway, and what it costs')
    .option('--once', 'once; so it is without a terminal')
    .option('--json', 'once, as JSON')
    .option('--interval <SECONDS>', 'time between two looks', '2')
    .allowExcessArguments(false);
  withExamples(
    command,
    [
      ['gwe top', 'fills the terminal until q or Ctrl-C'],
      ['gwe top --once', 'prints it once'],
      ['gwe top --json', 'once, for programs; bytes and seconds'],
    ],
    'Memory is that of a program with all its descendants, what processes share counted once (PSS); CPU% is of one processor.\nNetwork is what the device clients have used since midnight UTC, by class of traffic.',
  );
  return command.action(async () => {
    const { once, json, interval } = command.opts<TopOptions>();
    const seconds = Number(interval);
    if (!/^\d+(?:\.\d+)?$/.test(interval) || seconds < 0.2 || seconds > 3600) {
      throw new UsageError(`--interval ${interval}: expected a number of seconds from 0.2 to 3600`);
    }
    const processors = new ProcessorUse();
    const look = () => lookAtGateway(layout, systemClock, processors);
    const { stdin, stdout } = process;
    if (!once && !json && stdout instanceof WriteStream && stdin instanceof ReadStream) {
      return await watchGateway(look, seconds * 1000, { input: stdin, output: stdout });
    }
    const found = await measured(look);
    if (json) console.out(JSON.stringify(found, null, 2));
    else for (const line of composeScreen(found, stdout.columns ?? 100, coloursOf(stdout))) console.out(line);
  });
}

async function measured(look: () => Promise<GatewayLook>): Promise<GatewayLook> {
  await look();
  await systemClock.sleep(measuredMs);
  return await look();
}

/** `gwe top`: what runs on this gateway now. */
export const topCommand = gweCommand(topProgram);
