import { makeDeltaCommand } from './delta-command.ts';

await makeDeltaCommand(process.argv.slice(2));
