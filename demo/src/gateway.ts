import { join } from 'node:path';
import { prepareHome } from '@gateway-engine/gateway-engine';
import { type Clock, readTextIfPresent, setIniOption, writeDurably } from '@gateway-engine/host';
import { SupervisorClient } from '@gateway-engine/supervisor';
import { commandLine, runCommandLine } from './commands.ts';
import { KeptProcess } from './kept-process.ts';
import { waitFor } from './wait-for.ts';

export interface GatewayPlan {
  /** GWE_HOME. */
  readonly home: string;
  /** Base URL of the platform. */
  readonly server: string;
  readonly product: string;
  readonly sn: string;
  readonly gmqPort: number;
  readonly logFile: string;
  /** The supervisor's command; its options follow. The embedded one unless given. */
  readonly supervisor?: readonly string[];
  /** How long a new version of an application has to stay up before it is kept; that of the engine unless given. */
  readonly probationSeconds?: number;
  /** Whether the home has an engine installed in it, whose programs are to run instead of those of the sources. */
  readonly ownEngine?: boolean;
}

/**
 * Makes or updates a gateway's home, configures it with the commands a technician would use, and starts its supervisor,
 * which starts the engine, the queue and every hosted application.
 */
export async function startGateway(
  plan: GatewayPlan,
  parts: { clock: Clock; onPid: (pid: number) => void; onRestart: (line: string) => void },
): Promise<KeptProcess> {
  const gmqListen = `127.0.0.1:${plan.gmqPort}`;
  await prepareHome({
    home: plan.home,
    server: plan.server,
    gmqListen,
    commands: plan.ownEngine
      ? undefined
      : { gwe: commandLine('gwe'), gmq: commandLine('gmq'), gdc: commandLine('gdc') },
  });
  const env = { ...process.env, GWE_HOME: plan.home };
  const identity = ['--set-product-id', plan.product, '--set-uuid', plan.sn, '--set-server', plan.server];
  // Instructions wake the engine at once; the interval is for what changes by itself, such as a stopped application.
  await runCommandLine('gwe', [...identity, '--set-update-interval', '10'], { env });
  if (plan.probationSeconds !== undefined) await setProbation(plan.home, plan.probationSeconds);
  await runCommandLine('gmq', ['cfg', 'set', 'server', 'listen', gmqListen], { env });
  await runCommandLine('gmq', ['cfg', 'set', 'platform', 'server', plan.server], { env });

  const socket = join(plan.home, 'run', 'supervisor.sock');
  const ownSupervisor = plan.ownEngine
    ? [join(plan.home, 'bin', 'gwe-supervisord')]
    : commandLine('gwe-supervisord');
  const supervisor = new KeptProcess(
    {
      name: "the gateway's supervisor",
      command: [
        ...(plan.supervisor ?? ownSupervisor),
        '-n',
        '-c',
        join(plan.home, 'etc', 'supervisord.conf'),
      ],
      env,
      logFile: plan.logFile,
      ready: () =>
        waitFor(`the supervisor at ${socket}`, 30_000, parts.clock, async () => {
          const state = await new SupervisorClient(`unix://${socket}`).getState();
          return state.statename === 'RUNNING';
        }),
    },
    parts,
  );
  await supervisor.start();
  return supervisor;
}

async function setProbation(home: string, seconds: number): Promise<void> {
  const file = join(home, 'etc', 'Engine.config');
  const text = (await readTextIfPresent(file)) ?? '';
  await writeDurably(file, setIniOption(text, 'ota', 'probation_secs', String(seconds)));
}
