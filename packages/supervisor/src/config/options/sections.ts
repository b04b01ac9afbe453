import type { Option } from './option.ts';
import { programOptions } from './program-options.ts';

/** A kind of section and what it takes. */
export interface SectionKind {
  /** As it is written in the file, `x` for a name of one's own. */
  readonly title: string;
  readonly meaning: string;
  readonly options: readonly Option[];
}

export const supervisordSection: SectionKind = {
  title: 'supervisord',
  meaning: 'The supervisor itself. Must be there, and may be empty.',
  options: [
    {
      name: 'logfile',
      type: 'own log file',
      default: 'supervisord.log',
      meaning: 'Log of the supervisor. Without a directory it is in the one the supervisor was started in.',
    },
    {
      name: 'logfile_maxbytes',
      type: 'size',
      default: '50MB',
      meaning: 'The log is set aside when it is as long as this; 0: never.',
    },
    { name: 'logfile_backups', type: 'count', default: '10', meaning: 'How many logs set aside are kept.' },
    {
      name: 'loglevel',
      type: 'log level',
      default: 'info',
      meaning: 'The least important level that is logged.',
    },
    {
      name: 'pidfile',
      type: 'file',
      default: 'supervisord.pid',
      meaning:
        'Holds the process id of the supervisor. What it remembers of its programs is in a directory beside it, named .state instead of .pid.',
    },
    { name: 'umask', type: 'octal number', default: '022', meaning: 'File mode mask in the background.' },
    {
      name: 'nodaemon',
      type: 'boolean',
      default: 'false',
      meaning: 'Whether it stays in the foreground instead of going to the background.',
    },
    {
      name: 'silent',
      type: 'boolean',
      default: 'false',
      meaning: 'Whether nothing is logged to the terminal.',
    },
    {
      name: 'minfds',
      type: 'count',
      default: '1024',
      meaning: 'How many files it must be able to open; it does not start with fewer.',
    },
    {
      name: 'minprocs',
      type: 'count',
      default: '200',
      meaning: 'How many processes its user must be able to have; it does not start with fewer.',
    },
    {
      name: 'nocleanup',
      type: 'boolean',
      default: 'false',
      meaning: 'Whether AUTO logs of an earlier run are kept.',
    },
    {
      name: 'childlogdir',
      type: 'directory',
      default: '/tmp',
      meaning: 'Where AUTO logs are; without it, the directory for temporary files ($TMPDIR, else /tmp).',
    },
    {
      name: 'user',
      type: 'user',
      meaning: 'Whom the supervisor runs as; it must be started as root to become somebody else.',
    },
    { name: 'directory', type: 'directory', meaning: 'Where it goes in the background.' },
    {
      name: 'strip_ansi',
      type: 'boolean',
      default: 'false',
      meaning: 'Whether escape codes of terminals are taken out of the logs of all programs.',
    },
    {
      name: 'environment',
      type: 'environment',
      default: '',
      meaning: 'Variables for every program, and for %(ENV_KEY)s after this section.',
    },
    {
      name: 'identifier',
      type: 'name',
      default: 'supervisor',
      meaning: 'Name of this supervisor in its interface, in events and in the names of AUTO logs.',
    },
  ],
};

const credentials: readonly Option[] = [
  { name: 'username', type: 'text', meaning: 'User name a caller must give; together with password.' },
  { name: 'password', type: 'password', meaning: 'Password a caller must give; together with username.' },
];

export const unixServerSection: SectionKind = {
  title: 'unix_http_server',
  meaning: 'Steering through a unix socket. Without this section there is none.',
  options: [
    { name: 'file', type: 'file', required: true, meaning: 'The socket.' },
    { name: 'chmod', type: 'octal number', default: '0700', meaning: 'Permissions of the socket.' },
    {
      name: 'chown',
      type: 'owner',
      meaning: 'Owner of the socket; without it, whom the supervisor runs as.',
    },
    ...credentials,
  ],
};

export const inetServerSection: SectionKind = {
  title: 'inet_http_server',
  meaning:
    'Steering through TCP. Whoever may call can run any program: keep it on 127.0.0.1, with user name and password.',
  options: [{ name: 'port', type: 'address', required: true, meaning: 'Where it listens.' }, ...credentials],
};

export const includeSection: SectionKind = {
  title: 'include',
  meaning: 'More configuration files, read as if they stood at the end of this one.',
  options: [
    {
      name: 'files',
      type: 'patterns',
      required: true,
      meaning:
        'Paths are relative to the file with this section. Files of one pattern are read in the order of their names.',
    },
  ],
};

export const programSection: SectionKind = {
  title: 'program:x',
  meaning: 'A program that is kept running.',
  options: programOptions,
};

export const groupSection: SectionKind = {
  title: 'group:x',
  meaning: 'Programs that are steered together. They are in no group of their own then.',
  options: [
    { name: 'programs', type: 'names', required: true, meaning: 'Names of [program:x] sections.' },
    {
      name: 'priority',
      type: 'whole number',
      default: '999',
      meaning: 'Groups with lower numbers start first and stop last.',
    },
  ],
};

export const eventListenerSection: SectionKind = {
  title: 'eventlistener:x',
  meaning:
    'A program that is told of events on its standard input and answers on its standard output, by the event listener protocol of Supervisor. With numprocs above 1 it is a pool: each event goes to one of its processes that is ready.',
  options: [
    {
      name: 'events',
      type: 'event types',
      required: true,
      meaning: 'Types of events it is told of; PROCESS_STATE stands for all types that begin with it.',
    },
    {
      name: 'buffer_size',
      type: 'positive count',
      default: '10',
      meaning: 'How many events wait at most; the oldest is discarded for one more, with a line in the log.',
    },
    {
      name: 'result_handler',
      type: 'text',
      default: 'supervisor.dispatchers:default_handler',
      meaning:
        'Judges the answers of listeners. Only the default one is there: OK is a success, anything else gives the event back.',
    },
    ...programOptions.map((option) => {
      if (option.name === 'priority')
        return {
          ...option,
          meaning: 'As for a program. The pool itself, as a group, has -1 without this option.',
        };
      if (option.name === 'redirect_stderr')
        return { ...option, meaning: 'Must be false: standard output carries the protocol.' };
      if (/^stdout_(capture_maxbytes|events_enabled|syslog)$/.test(option.name))
        return { ...option, meaning: 'Accepted, without effect: standard output carries the protocol.' };
      return option;
    }),
  ],
};

/** All that have options of their own, in the order of the documentation. */
export const sectionKinds: readonly SectionKind[] = [
  supervisordSection,
  unixServerSection,
  inetServerSection,
  includeSection,
  programSection,
  groupSection,
  eventListenerSection,
];
