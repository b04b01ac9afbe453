import { runCommand } from '@gateway-engine/host';
import { gweSupervisord } from './command.ts';

await runCommand('gwe-supervisord', () => gweSupervisord(process.argv.slice(2)));
