import { extraOptions } from './extra-options.ts';
import type { Option } from './option.ts';

/** What [program:x] takes. */
export const programOptions: readonly Option[] = [
  {
    name: 'command',
    type: 'command',
    required: true,
    meaning:
      'What is started. No shell: no variables, pipes or redirections, unless the command is a shell. It must stay in the foreground.',
  },
  {
    name: 'process_name',
    type: 'name',
    default: '%(program_name)s',
    meaning: 'Name of the process. With numprocs above 1 it must hold %(process_num)s or %(process_num)02d.',
  },
  {
    name: 'numprocs',
    type: 'count',
    default: '1',
    meaning: 'How many processes of this program run side by side.',
  },
  {
    name: 'numprocs_start',
    type: 'whole number',
    default: '0',
    meaning: 'The number of the first process, %(process_num)d.',
  },
  {
    name: 'priority',
    type: 'whole number',
    default: '999',
    meaning: 'Lower numbers start first and stop last.',
  },
  {
    name: 'autostart',
    type: 'boolean',
    default: 'true',
    meaning: 'Whether it starts together with the supervisor.',
  },
  {
    name: 'startsecs',
    type: 'seconds',
    default: '1',
    meaning: 'How long it must stay up for its start to count as done (STARTING to RUNNING).',
  },
  {
    name: 'startretries',
    type: 'count',
    default: '3',
    meaning:
      'How often a start that failed is tried again, after 1, 2, 3... seconds, before the program is FATAL.',
  },
  {
    name: 'autorestart',
    type: 'restart rule',
    default: 'unexpected',
    meaning:
      'Whether it is started again when it ends after it was RUNNING: always, never, or when its exit code is not one of exitcodes.',
  },
  { name: 'exitcodes', type: 'exit codes', default: '0', meaning: 'Exit codes that are expected.' },
  { name: 'stopsignal', type: 'signal', default: 'TERM', meaning: 'The signal that asks it to end.' },
  {
    name: 'stopwaitsecs',
    type: 'seconds',
    default: '10',
    meaning: 'How long it may take to end before it is ended with SIGKILL.',
  },
  {
    name: 'stopasgroup',
    type: 'boolean',
    default: 'false',
    meaning: 'Whether stopsignal goes to its whole process group; implies killasgroup.',
  },
  {
    name: 'killasgroup',
    type: 'boolean',
    default: 'false',
    meaning:
      'Whether SIGKILL goes to its whole process group. This supervisor always ends the whole group; the option is checked.',
  },
  {
    name: 'user',
    type: 'user',
    meaning: 'Whom it runs as, with all groups of that user. Needs a supervisor that runs as root.',
  },
  {
    name: 'redirect_stderr',
    type: 'boolean',
    default: 'false',
    meaning: 'Whether standard error goes where standard output goes.',
  },
  ...channelOptions('stdout', 'standard output'),
  ...channelOptions('stderr', 'standard error'),
  {
    name: 'environment',
    type: 'environment',
    default: '',
    meaning: 'Variables added to those of the supervisor and of [supervisord] environment.',
  },
  {
    name: 'directory',
    type: 'path',
    meaning: 'Where it is started; without it, where the supervisor is.',
  },
  {
    name: 'umask',
    type: 'octal number',
    meaning: 'Its file mode mask; without it, that of the supervisor.',
  },
  {
    name: 'serverurl',
    type: 'server URL',
    default: 'AUTO',
    meaning:
      'What SUPERVISOR_SERVER_URL holds in its environment. AUTO: the unix socket of the supervisor, else its TCP address.',
  },
  ...extraOptions,
];

function channelOptions(channel: 'stdout' | 'stderr', what: string): Option[] {
  return [
    {
      name: `${channel}_logfile`,
      type: 'log file',
      default: 'AUTO',
      meaning: `Where its ${what} is logged. AUTO: a file in childlogdir that is removed at the next start of the supervisor.`,
    },
    {
      name: `${channel}_logfile_maxbytes`,
      type: 'size',
      default: '50MB',
      meaning: 'The log is set aside when it is as long as this; 0: never.',
    },
    {
      name: `${channel}_logfile_backups`,
      type: 'count',
      default: '10',
      meaning: 'How many logs set aside are kept, as FILE.1, FILE.2 and so on.',
    },
    {
      name: `${channel}_capture_maxbytes`,
      type: 'size',
      default: '0',
      meaning: `How much of what stands between <!--XSUPERVISOR:BEGIN--> and <!--XSUPERVISOR:END--> on its ${what} becomes a PROCESS_COMMUNICATION event instead of a part of the log; 0: the marks mean nothing.`,
    },
    {
      name: `${channel}_events_enabled`,
      type: 'boolean',
      default: 'false',
      meaning: `Whether its ${what} also becomes PROCESS_LOG events.`,
    },
    {
      name: `${channel}_syslog`,
      type: 'boolean',
      default: 'false',
      meaning: `Whether its ${what} also goes to syslog, line by line after the name of the process, through the command logger.`,
    },
  ];
}
