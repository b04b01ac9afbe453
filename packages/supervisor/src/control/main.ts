import { runCommand } from '@gateway-engine/host';
import { gweSupervisorctl } from './control-command.ts';

await runCommand('gwe-supervisorctl', () => gweSupervisorctl(process.argv.slice(2)));
