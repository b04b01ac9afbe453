import { runCommand } from '@gateway-engine/host';
import { gwe } from './command.ts';

await runCommand('gwe', () => gwe(process.argv.slice(2)));
