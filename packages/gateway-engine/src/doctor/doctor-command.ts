import { systemClock } from '@gateway-engine/host';
import { coloursOf, withExamples, withExitCodes } from '@gateway-engine/host/command-line';
import { Command } from 'commander';
import type { Console } from '../command-line/configure.ts';
import { gweCommand } from '../command-line/gwe-command.ts';
import type { HomeLayout } from '../home/layout.ts';
import { version } from '../version.ts';
import { diagnose } from './diagnose.ts';
import { endAtOnce } from './end-at-once.ts';
import { showDiagnosis } from './show-diagnosis.ts';

export function doctorProgram(layout: HomeLayout, console: Console): Command {
  const command = new Command('gwe doctor')
    .description('check the gateway and say what to do about what is wrong')
    .option('--json', 'as JSON')
    .allowExcessArguments(false);
  withExamples(
    command,
    [
      ['gwe doctor', 'what is well, what is not, and what to do about it'],
      ['gwe doctor --json', 'name, outcome, found and advice of each check, for programs'],
    ],
    'It looks at network, clock, disk, configuration, supervisor, queue, platform, trust, engine and applications, side by\nside and for 15 s at most, and changes nothing. Keys and secrets are not shown.',
  );
  withExitCodes(command, [0, 'nothing has failed; there may be warnings'], [1, 'a check has failed']);
  return command.action(async () => {
    const { findings, hanging } = await diagnose(layout, systemClock);
    const isWell = findings.every(({ outcome }) => outcome !== 'failed');
    if (command.opts<{ json?: true }>().json) {
      const time = new Date(systemClock.now()).toISOString();
      console.out(JSON.stringify({ version, home: layout.root, time, ok: isWell, findings }, null, 2));
    } else {
      for (const line of showDiagnosis(findings, coloursOf(process.stdout))) console.out(line);
    }
    process.exitCode = isWell ? 0 : 1;
    if (hanging) process.stdout.write('', () => endAtOnce(isWell ? 0 : 1));
  });
}

/** `gwe doctor`: what is wrong with this gateway, and what to do about it. */
export const doctorCommand = gweCommand(doctorProgram);
