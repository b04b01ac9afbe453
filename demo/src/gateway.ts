import { join } from 'node:path';
import { prepareHome } from '@gateway-engine/gateway-engine';
import type { Clock } from '@gateway-engine/host';
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
    commands: { gwe: commandLine('gwe'), gmq: commandLine('gmq'), gdc: commandLine('gdc') },
  });
  const env = { ...process.env, GWE_HOME: plan.home };
  const identity = ['--set-product-id', plan.product, '--set-uuid', plan.sn, '--set-server', plan.server];
  // Instructions wake the engine at once; the interval is for what changes by itself, such as a stopped application.
  await runCommandLine('gwe', [...identity, '--set-update-interval', '10'], { env });
  await runCommandLine('gmq', ['cfg', 'set', 'server', 'listen', gmqListen], { env });
  await runCommandLine('gmq', ['cfg', 'set', 'platform', 'server', plan.server], { env });

  const socket = join(plan.home, 'run', 'supervisor.sock');
  const supervisor = new KeptProcess(
    {
      name: "the gateway's supervisor",
      command: [
        ...(plan.supervisor ?? commandLine('gwe-supervisord')),
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
