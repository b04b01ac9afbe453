import { Command, Option } from 'commander';
import { everywhere, withExamples, withExitCodes } from '../../../src/command-line/index.ts';

/** A command with all that commands here have; what it was asked to do is added to `done`. */
export function sampleCommand(done: string[] = []): Command {
  const program = new Command('tool')
    .description("A tool: it's only a sample")
    .version('1.2.3', '-v, --version', 'print the version')
    .addOption(new Option('--server <url>', 'where it is').helpGroup(everywhere))
    .addOption(new Option('--class <class>', 'what for').choices(['data', 'control']).helpGroup(everywhere))
    .option('-f, --file <file>', 'a file')
    .action(() => {
      done.push('tool');
    });
  withExamples(program, [['tool status', 'how it is']]);
  withExitCodes(program, [7, 'it is Sunday']);
  const status = program
    .command('status')
    .description('how it is; or was')
    .option('--json', 'as JSON')
    .action(() => {
      done.push('status');
    });
  withExamples(status, [['tool status'], ['tool status --json', 'for programs']], 'It asks nobody.');
  const keys = program.command('keys').description('the keys');
  keys
    .command('create')
    .description('make one')
    .argument('<file>', 'where to')
    .action(() => {
      done.push('create');
    });
  keys
    .command('list')
    .description('show them: all')
    .action(() => undefined);
  return program;
}
