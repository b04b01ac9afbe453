import { runCommand } from '@gateway-engine/host';
import { gwe } from './command-line/gwe.ts';

await runCommand('gwe', () => gwe(process.argv.slice(2)));
