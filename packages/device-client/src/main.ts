import { runCommand } from '@gateway-engine/host';
import { gdc } from './command.ts';

await runCommand('gdc', () => gdc(process.argv.slice(2)));
