import { runCommand } from '@gateway-engine/host';
import { gmq } from './command.ts';

await runCommand('gmq', () => gmq(process.argv.slice(2)));
