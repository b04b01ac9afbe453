import type { Command } from 'commander';
import { addContentCommands } from './content-commands.ts';
import { addAppCommands, addDeployCommand } from './deploy-command.ts';
import { addDeviceCommands } from './device-commands.ts';
import { addProductCommands } from './product-commands.ts';

/** The operator's commands, all of them clients of the admin API. */
export function addClientCommands(program: Command): void {
  addProductCommands(program);
  addDeviceCommands(program);
  addContentCommands(program);
  addDeployCommand(program);
  addAppCommands(program);
}
