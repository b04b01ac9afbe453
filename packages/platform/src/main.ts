import { runCommand } from '@gateway-engine/host';
import { gwePlatform } from './command.ts';

await runCommand('gwe-platform', () => gwePlatform(process.argv.slice(2)));
