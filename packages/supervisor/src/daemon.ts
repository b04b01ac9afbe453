import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { bootId, type Clock, describeError, letGoOfUnusedPages } from '@gateway-engine/host';
import { recoverHandOver } from './capture/hand-over.ts';
import { type KernelCalls, loadKernelCalls } from './capture/kernel-calls.ts';
import { napWhilePipesFill } from './capture/output-channel.ts';
import { OutputPump } from './capture/output-pump.ts';
import { recoverOutput } from './capture/output-spool.ts';
import { PipeReader, pipeBytes } from './capture/pipe-reader.ts';
import { Sweep } from './capture/sweep.ts';
import { Syslog } from './capture/syslog.ts';
import { ConfigError } from './config/config-error.ts';
import { loadForStart, type StartConfig } from './config/start-config.ts';
import { loadConfig, type Overrides, type SupervisorConfig } from './config/supervisord.ts';
import { EventBus } from './events/event-bus.ts';
import { startTicks } from './events/ticks.ts';
import { lockInstance } from './instance/instance-lock.ts';
import { keptAutoLogs } from './instance/program-record.ts';
import { Cgroups } from './limits/cgroups.ts';
import { SupervisorMainLog } from './main-log.ts';
import { becomeUser, ensureResources } from './privileges.ts';
import { EndWatch } from './process/end-watch.ts';
import { type Call, dispatcher } from './rpc/dispatch.ts';
import { extraMethods } from './rpc/extra-methods.ts';
import { logMethods } from './rpc/log-methods.ts';
import { LogStreams } from './rpc/log-streams.ts';
import { ownMethods } from './rpc/own-methods.ts';
import { processMethods } from './rpc/process-methods.ts';
import { supervisorMethods } from './rpc/supervisor-methods.ts';
import { Supervisor } from './supervisor.ts';
import { supervisorVersion } from './version.ts';
import { listen, serverUrl } from './xml-rpc/listen.ts';
import { createRpcServer } from './xml-rpc/server.ts';

export interface DaemonParts {
  readonly clock: Clock;
  readonly environment: NodeJS.ProcessEnv;
  /** Options of the command line. */
  readonly overrides: Overrides;
  /** There is no terminal: umask and directory of the configuration are in force, and only the log file is written. */
  readonly background: boolean;
  /** Called once, when calls are answered. */
  readonly onReady?: () => void;
}

/** Runs a supervisor until it is told to end; a restart reads the configuration anew. */
export async function runDaemon(file: string, parts: DaemonParts): Promise<void> {
  const first = loadForStart(file, parts.environment, parts.overrides);
  const notices = first.user ? becomeUser(first.user) : [];
  notices.push(...ensureResources({ minfds: first.leastFiles, minprocs: first.leastProcesses }));
  if (parts.background) {
    process.umask(first.umask);
    if (first.directory !== undefined) process.chdir(first.directory);
  }
  let ending = await runOnce({ ...first, notices: [...notices, ...first.notices] }, parts);
  while (ending === 'restart')
    ending = await runOnce(loadForStart(first.file, parts.environment, parts.overrides), {
      ...parts,
      onReady: () => undefined,
    });
}

async function runOnce(config: StartConfig, parts: DaemonParts): Promise<'restart' | 'end'> {
  // Undone in reverse order, whatever happens.
  await using cleanup = new AsyncDisposableStack();
  const stateDirectory = `${config.pidfile.replace(/\.pid$/, '')}.state`;
  const state = { path: stateDirectory, boot: bootId() };
  mkdirSync(stateDirectory, { recursive: true, mode: 0o700 });
  const lock = lockInstance(join(stateDirectory, 'lock'), config.pidfile);
  cleanup.defer(() => lock.release());

  const quiet = parts.background ? { silent: true } : {};
  const log = new SupervisorMainLog({ ...config, ...quiet }, parts.clock, parts.environment);
  cleanup.defer(() => log.close());
  const syslog = new Syslog({ ...parts, onTrouble: (message) => log.warn(message) });
  cleanup.defer(() => syslog.close());
  for (const problem of config.problems) log.critical(problem);
  for (const warning of config.warnings) log.warn(warning);
  for (const notice of config.notices) log.info(notice);
  if (config.user === undefined && process.getuid?.() === 0)
    log.warn('runs as root since [supervisord] has no user; user=root there says that this is wanted');

  const events = new EventBus();
  const ticks = startTicks(events, parts.clock);
  cleanup.defer(() => ticks.stop());
  const kernel = loadKernelCalls();
  const reader = openReader(stateDirectory, kernel, log);
  cleanup.defer(() => reader.close());
  const pump = new OutputPump(parts.clock, () => napWhilePipesFill(kernel));
  cleanup.defer(() => pump.close());
  const sweep = new Sweep(parts.clock);
  cleanup.defer(() => sweep.close());
  const endWatch = new EndWatch(parts.clock);
  cleanup.defer(() => endWatch.close());
  const cgroups = Cgroups.open({ stateDirectory, log });
  cleanup.defer(() => cgroups.close());
  const reload = () => loadConfig(config.file, parts.environment, parts.overrides);
  const supervisor = new Supervisor(
    {
      ...parts,
      log,
      events,
      syslog,
      stripAnsi: config.stripAnsi,
      logsOutput: ['debug', 'trace', 'blather'].includes(config.logLevel),
      state,
      kernel,
      reader,
      pump,
      sweep,
      cgroups,
      endWatch,
      childLogDirectory: config.childLogDirectory,
      identifier: config.identifier,
      serverUrl: config.servers.map(serverUrl).sort(unixFirst)[0],
    },
    config.groups,
    () => reload().groups,
  );
  cleanup.use(followSignals(supervisor, log, reload));
  const { promise: ready, resolve: beReady } = Promise.withResolvers<void>();
  await openInterface(config, supervisor, log, { ...parts, ready, events, reload }, cleanup);

  if (config.cleanup) removeOldAutoLogs(config, keptAutoLogs(state), log);
  writePidfile(config.pidfile, log);
  cleanup.defer(() => rmSync(config.pidfile, { force: true }));
  cleanup.defer(() => supervisor.stopAll());
  if (supervisor.state === 'RUNNING') await supervisor.start();
  beReady();
  parts.onReady?.();
  const pages = letGoOfUnusedPages(parts.clock);
  cleanup.defer(() => pages.stop());
  await supervisor.endRequested();
  return supervisor.state === 'RESTARTING' ? 'restart' : 'end';
}

/** First of all, what a killed supervisor had on its way to a log gets there. */
function openReader(
  stateDirectory: string,
  kernel: KernelCalls | undefined,
  log: SupervisorMainLog,
): PipeReader {
  try {
    const missing = recoverOutput(stateDirectory);
    if (missing > 0) log.info(`logged ${missing} bytes that a supervisor before this one had read`);
    const logged = kernel ? recoverHandOver(stateDirectory, kernel, pipeBytes) : 0;
    if (logged > 0)
      log.info(
        `dropped ${logged} bytes from the pipe of a program: a supervisor before this one had logged them`,
      );
  } catch (error) {
    log.error(`cannot go on with the output that a supervisor before this one took: ${describeError(error)}`);
  }
  return new PipeReader(stateDirectory, kernel, (error) =>
    log.warn(
      `a kill of this supervisor can lose output (64 KiB at most): cannot use ${stateDirectory}/spool: ${describeError(error)}`,
    ),
  );
}

/** Programs are more important than the pid file: on a full disk there is none. */
function writePidfile(pidfile: string, log: SupervisorMainLog): void {
  try {
    // Under one name, so that kills leave one half-written file at most.
    writeFileSync(`${pidfile}.new`, `${process.pid}\n`);
    renameSync(`${pidfile}.new`, pidfile);
  } catch (error) {
    log.critical(`could not write pidfile ${pidfile}: ${describeError(error)}`);
  }
  log.info(`supervisord started with pid ${process.pid}`);
}

/** Opens the sockets. A call that comes before the groups are there is answered as soon as they are. */
async function openInterface(
  config: SupervisorConfig,
  supervisor: Supervisor,
  log: SupervisorMainLog,
  parts: DaemonParts & {
    readonly ready: Promise<void>;
    readonly events: EventBus;
    readonly reload: () => SupervisorConfig;
  },
  cleanup: AsyncDisposableStack,
): Promise<void> {
  const dispatch = dispatcher(
    {
      ...supervisorMethods(supervisor, {
        version: supervisorVersion,
        identifier: config.identifier,
        pid: process.pid,
        checkConfig: parts.reload,
        onRemoteEvent: (type, text) =>
          parts.events.notify('REMOTE_COMMUNICATION', () => `type:${type}\n${text}`),
      }),
      ...processMethods(supervisor, parts),
      ...logMethods(supervisor, log),
    },
    () => supervisor.state !== 'RUNNING',
    { ...ownMethods(supervisor), ...extraMethods(supervisor) },
  );
  const call: Call = async (name, params) => {
    await parts.ready;
    return await dispatch(name, params);
  };
  const streams = new LogStreams(supervisor, log, { ...parts, log });
  if (config.servers.length === 0)
    log.warn('no [unix_http_server] or [inet_http_server] section: nobody can steer this supervisor');
  for (const serverConfig of config.servers) {
    const server = createRpcServer({
      ...serverConfig,
      call,
      handleOther: (request, response) => streams.handle(request, response),
      onTrouble: (message) => log.error(message),
    });
    await listen(server, serverConfig, (path) => log.info(`Unlinking stale socket ${path}`));
    cleanup.defer(() => {
      streams.end();
      return close(server);
    });
    if (serverConfig.kind === 'inet' && serverConfig.username === undefined)
      log.critical(
        "Server 'inet_http_server' running without any HTTP authentication checking: anybody who reaches it can start programs",
      );
  }
}

/** Lets answers under way go out first, such as the one to `shutdown`. */
async function close(server: Server): Promise<void> {
  const cut = setTimeout(() => server.closeAllConnections(), 1000);
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cut);
}

function followSignals(supervisor: Supervisor, log: SupervisorMainLog, checkConfig: () => void): Disposable {
  const handlers: [NodeJS.Signals, () => void][] = [];
  const on = (signal: NodeJS.Signals, handler: () => void) => {
    process.on(signal, handler);
    handlers.push([signal, handler]);
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    on(signal, () => {
      log.warn(`received ${signal} indicating exit request`);
      supervisor.requestEnd('SHUTDOWN');
    });
  }
  on('SIGHUP', () => {
    log.warn('received SIGHUP indicating restart request');
    try {
      checkConfig();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error(`not restarted, everything goes on as it is: ${describeError(error)}`);
      return;
    }
    supervisor.requestEnd('RESTARTING');
  });
  on('SIGUSR1', () => {
    log.warn('received SIGUSR1 indicating exit request that leaves the programs running');
    supervisor.requestDetach();
  });
  on('SIGUSR2', () => {
    log.info('received SIGUSR2 indicating log reopen request');
    try {
      log.reopen();
      for (const group of supervisor.groups.values())
        for (const program of group.programs) program.reopenLogs();
    } catch (error) {
      log.error(`cannot reopen a log: ${describeError(error)}`);
    }
  });
  return {
    [Symbol.dispose]() {
      for (const [signal, handler] of handlers) process.off(signal, handler);
    },
  };
}

function removeOldAutoLogs(
  config: SupervisorConfig,
  kept: ReadonlySet<string>,
  log: SupervisorMainLog,
): void {
  const mark = `---${config.identifier}-`;
  try {
    for (const name of readdirSync(config.childLogDirectory)) {
      const rest = name.slice(name.indexOf(mark) + mark.length);
      if (kept.has(join(config.childLogDirectory, name.replace(/\.log\.\d+$/, '.log')))) continue;
      if (name.indexOf(mark) > 0 && /^\S+\.log(\.\d{1,4})?$/.test(rest))
        rmSync(join(config.childLogDirectory, name), { force: true });
    }
  } catch (error) {
    log.warn(`Could not clear childlog dir: ${describeError(error)}`);
  }
}

function unixFirst(a: string, b: string): number {
  return Number(b.startsWith('unix:')) - Number(a.startsWith('unix:'));
}
