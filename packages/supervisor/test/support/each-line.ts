import { createInterface } from 'node:readline';
import { readOptions } from '../../src/control/options.ts';
import { perform } from '../../src/control/perform.ts';
import { ControlSession } from '../../src/control/session.ts';
import { Terminal } from '../../src/control/terminal.ts';

/** Our control command, called once for each line of input, without the start of a Node.js for each. */
for await (const line of createInterface({ input: process.stdin })) {
  const words = line.split(' ').filter((word) => word !== '');
  const options = readOptions([...process.argv.slice(2), ...words], process.env);
  if (!options) throw new Error(`no action: ${line}`);
  const terminal = new Terminal({
    input: process.stdin,
    output: process.stdout,
    error: process.stderr,
    complete: async () => [[], ''],
    history: [],
  });
  const session = new ControlSession(options, { terminal, interactive: options.interactive });
  await perform(session, options.action);
  process.stdout.write(`\0${session.exitCode}\n`);
}
