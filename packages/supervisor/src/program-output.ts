import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { OutputRoute } from './capture/output-route.ts';
import { RotatedLog } from './capture/rotated-log.ts';
import type { Syslog } from './capture/syslog.ts';
import type { LogConfig, ProcessConfig } from './config/program.ts';
import type { EventBus } from './events/event-bus.ts';
import type { Listener } from './events/listener-pool.ts';
import { communicationPayload, logPayload } from './events/payloads.ts';
import type { SupervisorLog } from './log.ts';

export interface OutputParts {
  readonly log: SupervisorLog;
  readonly events: EventBus;
  readonly syslog: Syslog;
  readonly stripAnsi: boolean;
  /** The log of the supervisor takes the output of all programs too, as with loglevel debug. */
  readonly logsOutput: boolean;
  readonly childLogDirectory: string;
  readonly identifier: string;
}

/** Where the output of a program goes, as it is configured. `pid` gives that of the running child. */
export function programOutput(
  config: ProcessConfig,
  channel: 'stdout' | 'stderr',
  parts: OutputParts,
  program: {
    readonly pid: () => number;
    readonly listener: Listener | undefined;
    /** The AUTO log that it has already. */
    readonly autoLog: string | undefined;
  },
): OutputRoute {
  const logConfig = config[channel];
  const log = openableLog(config, channel, logConfig, program.autoLog, parts);
  const { listener } = program;
  const logOutput = parts.logsOutput
    ? (bytes: Uint8Array) =>
        parts.log.debug(`'${config.name}' ${channel} output:\n${new TextDecoder().decode(bytes)}`)
    : undefined;
  if (channel === 'stdout' && listener)
    // It carries the protocol: nothing in it is an event of its own.
    return new OutputRoute({
      log,
      stripAnsi: parts.stripAnsi,
      captureMaxBytes: 0,
      onOutput: logOutput,
      onRaw: (bytes) => {
        if (program.pid() !== 0) listener.takeOutput(bytes);
      },
    });
  const suffix = channel === 'stdout' ? 'STDOUT' : 'STDERR';
  return new OutputRoute({
    log,
    stripAnsi: parts.stripAnsi,
    captureMaxBytes: logConfig.captureMaxBytes,
    onMessage: (bytes) => {
      parts.log.debug(`'${config.name}' ${channel} emitted a comm event`);
      parts.events.notify(`PROCESS_COMMUNICATION_${suffix}`, () =>
        communicationPayload(config, program.pid(), bytes),
      );
    },
    onOutput: logConfig.eventsEnabled
      ? (bytes) => {
          logOutput?.(bytes);
          parts.events.notify(`PROCESS_LOG_${suffix}`, () =>
            logPayload(config, program.pid(), channel, bytes),
          );
        }
      : logOutput,
    onLine: logConfig.syslog ? (line) => parts.syslog.write(`${config.name} ${line}`) : undefined,
  });
}

function openableLog(
  config: ProcessConfig,
  channel: 'stdout' | 'stderr',
  logConfig: LogConfig,
  autoLog: string | undefined,
  parts: OutputParts,
): RotatedLog | undefined {
  if (logConfig.target.kind === 'none') return undefined;
  const path =
    logConfig.target.kind === 'file'
      ? logConfig.target.path
      : (autoLog ?? automaticLog(config, channel, parts));
  return new RotatedLog({
    path,
    maxBytes: logConfig.maxBytes,
    backups: logConfig.backups,
    mode: logConfig.target.kind === 'auto' ? 0o600 : 0o644,
    onTrouble: (message) => parts.log.warn(`${config.name}: ${message}`),
  });
}

/** NAME-stdout---IDENTIFIER-random.log, the names that are cleared at the next start. Nobody can guess them. */
function automaticLog(config: ProcessConfig, channel: string, parts: OutputParts): string {
  const random = randomBytes(9).toString('base64url');
  return join(parts.childLogDirectory, `${config.name}-${channel}---${parts.identifier}-${random}.log`);
}
