import type { Option } from './option.ts';

/** What [program:x] takes beyond what Supervisor does. */
export const extraOptions: readonly Option[] = [
  {
    name: 'memory_max',
    type: 'size',
    own: true,
    meaning:
      'Memory and swap that all its processes may use together, at least 1MB. The kernel kills what needs more.',
  },
  {
    name: 'cpu_max',
    type: 'CPUs',
    own: true,
    meaning: 'Share of the CPUs that all its processes may use together.',
  },
  {
    name: 'pids_max',
    type: 'positive count',
    own: true,
    meaning: 'How many processes and threads it may have.',
  },
  {
    name: 'nofile',
    type: 'positive count',
    own: true,
    meaning: 'How many files each of its processes may have open.',
  },
  {
    name: 'restart_initial',
    type: 'decimal seconds',
    own: true,
    meaning:
      'Turns on the restart policy: when startretries failures are used up, the program is not FATAL but is tried again after this long, then after longer and longer.',
  },
  {
    name: 'restart_factor',
    type: 'factor',
    default: '2',
    own: true,
    meaning: 'Each wait of the restart policy is this many times the one before.',
  },
  {
    name: 'restart_jitter',
    type: 'share',
    default: '0.1',
    own: true,
    meaning: 'Share of each wait that is random, so that many gateways do not act at the same moment.',
  },
  {
    name: 'restart_maximum',
    type: 'decimal seconds',
    default: '300',
    own: true,
    meaning: 'No wait of the restart policy is longer; not less than restart_initial.',
  },
  {
    name: 'restart_window',
    type: 'decimal seconds',
    default: '600',
    own: true,
    meaning: 'A program that was up this long has recovered, and its failures are forgotten.',
  },
  {
    name: 'healthcheck_command',
    type: 'command',
    own: true,
    meaning:
      'Looks whether the program is well: exit code 0. Runs as the user, in the directory and with the environment of the program.',
  },
  {
    name: 'healthcheck_url',
    type: 'URL',
    own: true,
    meaning: 'Is fetched to look whether the program is well: status 200 to 399.',
  },
  {
    name: 'healthcheck_interval',
    type: 'decimal seconds',
    default: '30',
    own: true,
    meaning:
      'Time between two looks. Until the first success it is looked every second, if that is more often.',
  },
  {
    name: 'healthcheck_timeout',
    type: 'decimal seconds',
    default: '5',
    own: true,
    meaning: 'A look that takes longer has failed.',
  },
  {
    name: 'healthcheck_retries',
    type: 'positive count',
    default: '3',
    own: true,
    meaning:
      'So many failures in a row make it unhealthy: it is restarted. For its first success it has this many intervals of time.',
  },
  {
    name: 'watchdog_secs',
    type: 'decimal seconds',
    own: true,
    meaning:
      'The program promises to send WATCHDOG=1 to NOTIFY_SOCKET (sd_notify) at least this often; it is restarted when it does not.',
  },
  {
    name: 'depends_on',
    type: 'names',
    own: true,
    meaning:
      'Programs, processes as GROUP:NAME, or groups that must be RUNNING, and healthy if they have a check, before this one is started.',
  },
];
