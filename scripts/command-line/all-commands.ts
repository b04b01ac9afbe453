import { gdcProgram } from '../../packages/device-client/src/command/gdc.ts';
import { commands } from '../../packages/gateway-engine/src/command-line/commands.ts';
import { gwePage } from '../../packages/gateway-engine/src/command-line/gwe-page.ts';
import { gmqProgram } from '../../packages/gmq/src/command.ts';
import { type CommandPage, describeCommand } from '../../packages/host/src/command-line/descriptions.ts';
import { dress } from '../../packages/host/src/command-line/index.ts';
import { gwePlatformProgram } from '../../packages/platform/src/command.ts';
import { supervisordProgram } from '../../packages/supervisor/src/command-line.ts';
import { supervisorctlProgram } from '../../packages/supervisor/src/control/options.ts';

/** The commands of this repository, from what they read themselves. */
export async function allCommands(): Promise<CommandPage[]> {
  const { stdin, stdout } = process;
  const programs = [
    gmqProgram(),
    gdcProgram({ stdin, stdout, env: {} }),
    gwePlatformProgram(),
    supervisordProgram(),
    supervisorctlProgram(),
  ];
  const described = programs.map((program) => {
    dress(program, { write: () => undefined });
    return describeCommand(program);
  });
  return [await gwePage(commands), ...described];
}

/** What holds for all of them. */
export const environmentVariables: readonly (readonly [name: string, meaning: string])[] = [
  ['GWE_HOME', "the gateway's home; /opt/gateway-engine for root, else ~/.gateway-engine"],
  ['GWE_PLATFORM_URL', "address of the platform, for the operator's and developer's commands"],
  ['GWE_PLATFORM_TOKEN', 'token of its admin API'],
  ['GWE_KEYS', "folder of a developer's keys"],
  ['GWE_KEY_PASSPHRASE', 'their passphrase; asked for when it is not set'],
  ['GDC_SERVER', 'server of gdc'],
  ['GDC_CA', 'certificate authority that gdc trusts beside those of the system'],
  ['NO_COLOR', 'no colours, whatever it is set to; there are none in a pipe anyhow'],
  ['DEBUG', 'a failure also prints its stack'],
];
