import { constants } from 'node:os';
import { describeError } from '@gateway-engine/host';
import { ConfigError } from '../config/config-error.ts';
import type { LogConfig } from '../config/log-target.ts';
import { supervisorStates } from '../states.ts';
import type { Supervisor } from '../supervisor.ts';
import { fault } from '../xml-rpc/faults.ts';
import type { Method, Methods } from './method.ts';

/** Version of Supervisor's interface that is spoken. */
const apiVersion = '3.0';

/** The supervisor itself and its configuration. */
export function supervisorMethods(
  supervisor: Supervisor,
  about: {
    version: string;
    identifier: string;
    pid: number;
    checkConfig: () => void;
    /** Told what came by sendRemoteCommEvent, when there are event listeners. */
    onRemoteEvent?: (type: string, data: string) => void;
  },
): Methods {
  const giveApiVersion: Method = {
    parameters: {},
    returns: 'string',
    help: 'Version of this interface.',
    run: () => apiVersion,
  };
  return {
    getAPIVersion: giveApiVersion,
    getVersion: giveApiVersion,
    getSupervisorVersion: {
      parameters: {},
      returns: 'string',
      help: 'Version of Supervisor whose behaviour this is, and of this program.',
      run: () => about.version,
    },
    getIdentification: {
      parameters: {},
      returns: 'string',
      help: 'The identifier of the configuration.',
      run: () => about.identifier,
    },
    getState: {
      parameters: {},
      returns: 'struct',
      help: 'State of the supervisor: statecode and statename.',
      run: () => ({ statecode: supervisorStates[supervisor.state], statename: supervisor.state }),
    },
    getPID: { parameters: {}, returns: 'int', help: 'Process id of the supervisor.', run: () => about.pid },
    shutdown: {
      parameters: {},
      returns: 'boolean',
      help: 'Stops all processes and ends.',
      run: () => {
        supervisor.requestEnd('SHUTDOWN');
        return true;
      },
    },
    restart: {
      parameters: {},
      returns: 'boolean',
      help: 'Stops all processes, reads the configuration again and starts.',
      run: () => {
        orCannotReread(() => about.checkConfig());
        supervisor.requestEnd('RESTARTING');
        return true;
      },
    },
    reloadConfig: {
      parameters: {},
      returns: 'array',
      help: 'Reads the configuration again and tells the groups: [[added, changed, removed]].',
      run: () => {
        const { added, changed, removed } = orCannotReread(() => supervisor.reload());
        return [[added, changed, removed]];
      },
    },
    addProcessGroup: {
      parameters: { name: 'string' },
      returns: 'boolean',
      help: 'Makes a configured group active.',
      run: async (args) => {
        const config = supervisor.configured.find((group) => group.name === args.text(0));
        if (!config) throw fault('BAD_NAME', args.text(0));
        if (!(await supervisor.add(config))) throw fault('ALREADY_ADDED', args.text(0));
        return true;
      },
    },
    removeProcessGroup: {
      parameters: { name: 'string' },
      returns: 'boolean',
      help: 'Takes a stopped group out.',
      run: (args) => {
        if (!supervisor.groups.has(args.text(0))) throw fault('BAD_NAME', args.text(0));
        if (!supervisor.remove(args.text(0))) throw fault('STILL_RUNNING', args.text(0));
        return true;
      },
    },
    sendRemoteCommEvent: {
      parameters: { type: 'string', data: 'string' },
      returns: 'boolean',
      help: 'Tells an event to the event listeners that want those of REMOTE_COMMUNICATION.',
      always: true,
      run: (args) => {
        about.onRemoteEvent?.(args.text(0), args.text(1));
        return true;
      },
    },
    getAllConfigInfo: {
      parameters: {},
      returns: 'array',
      help: 'The configuration of all processes.',
      run: () => configInfo(supervisor),
    },
  };
}

function orCannotReread<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) throw fault('CANT_REREAD', describeError(error));
    throw error;
  }
}

function configInfo(supervisor: Supervisor) {
  const infos = supervisor.configured.flatMap((group) =>
    group.processes.map((config) => ({
      name: config.name,
      group: group.name,
      command: config.command,
      autostart: config.autostart,
      directory: config.directory ?? 'none',
      uid: config.user?.uid ?? 'none',
      exitcodes: config.exitCodes,
      group_prio: group.priority,
      inuse: supervisor.groups.has(group.name),
      killasgroup: config.killAsGroup,
      process_prio: config.priority,
      redirect_stderr: config.redirectStderr,
      serverurl: config.serverUrl ?? 'none',
      startretries: config.startRetries,
      startsecs: config.startSeconds,
      stopsignal: constants.signals[config.stopSignal],
      stopwaitsecs: config.stopWaitSeconds,
      ...logInfo('stdout', config.stdout),
      ...logInfo('stderr', config.stderr),
    })),
  );
  return infos.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function logInfo(channel: string, log: LogConfig) {
  return {
    [`${channel}_logfile`]: log.target.kind === 'file' ? log.target.path : log.target.kind,
    [`${channel}_logfile_maxbytes`]: log.maxBytes,
    [`${channel}_logfile_backups`]: log.backups,
    [`${channel}_capture_maxbytes`]: log.captureMaxBytes,
    [`${channel}_events_enabled`]: log.eventsEnabled,
    [`${channel}_syslog`]: log.syslog,
  };
}
