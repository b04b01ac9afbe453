import { completionCommand } from '@gateway-engine/host/command-line';
import { gweCommand } from './gwe-command.ts';

/** `gwe completion SHELL`. */
export const completion = gweCommand(() => {
  const command = completionCommand('gwe', async () => (await import('./gwe-page.ts')).gwePage());
  return command.name('gwe completion');
});
