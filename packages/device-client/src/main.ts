import { runCommand } from '@gateway-engine/host/basics';
import { gdc } from './command.ts';

await runCommand('gdc', () => gdc(process.argv.slice(2)));
