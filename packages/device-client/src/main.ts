import { runCommand } from '@gateway-engine/host';
import { runGdc } from './command/gdc.ts';

await runCommand('gdc', async () => {
  await runGdc(process.argv.slice(2), { stdin: process.stdin, stdout: process.stdout, env: process.env });
});
