import { systemClock } from '@gateway-engine/host';
import { Command } from 'commander';
import { runWords } from '../command-line/command-words.ts';
import type { Console } from '../command-line/configure.ts';
import type { GweCommand } from '../command-line/gwe-command.ts';
import type { HomeLayout } from '../home/layout.ts';
import { version } from '../version.ts';
import { diagnose } from './diagnose.ts';
import { endAtOnce } from './end-at-once.ts';
import { showDiagnosis } from './show-diagnosis.ts';

const examples = `
Examples:
  gwe doctor                       what is well, what is not, and what to do about it
  gwe doctor --json                the same for programs: name, outcome, found, advice of each check

It looks at network, clock, disk, configuration, supervisor, queue, platform, trust, engine and applications, side by
side, for 15 s at most, and changes nothing. Keys and secrets are not shown. Exit code: 0 when nothing has failed, else 1.`;

export function doctorProgram(layout: HomeLayout, console: Console): Command {
  const command = new Command('gwe doctor');
  return command
    .description('check the gateway and say what to do about what is wrong')
    .option('--json', 'as JSON')
    .allowExcessArguments(false)
    .addHelpText('after', examples)
    .action(async () => {
      const { findings, hanging } = await diagnose(layout, systemClock);
      const isWell = findings.every(({ outcome }) => outcome !== 'failed');
      if (command.opts<{ json?: true }>().json) {
        const time = new Date(systemClock.now()).toISOString();
        console.out(JSON.stringify({ version, home: layout.root, time, ok: isWell, findings }, null, 2));
      } else {
        for (const line of showDiagnosis(findings, process.stdout.isTTY)) console.out(line);
      }
      process.exitCode = isWell ? 0 : 1;
      if (hanging) process.stdout.write('', () => endAtOnce(isWell ? 0 : 1));
    });
}

/** `gwe doctor`: what is wrong with this gateway, and what to do about it. */
export const doctorCommand: GweCommand = async (args, layout, console) => {
  await runWords(doctorProgram(layout, console), args);
};
