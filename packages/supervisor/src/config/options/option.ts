/** What may stand as the value of an option; error texts and the documentation name it. */
export const acceptedValues = {
  text: 'any text',
  boolean: 'true, false, yes, no, on, off, 1 or 0',
  'restart rule': 'true, false or unexpected',
  'whole number': 'a whole number',
  count: 'a whole number, 0 or more',
  'positive count': 'a whole number, 1 or more',
  seconds: 'a whole number of seconds, 0 or more',
  size: 'bytes, or KB, MB or GB with a unit, such as 1048576, 200KB, 50MB or 1GB',
  signal: 'the name or number of a signal, such as TERM, HUP, INT, QUIT, KILL, USR1 or USR2',
  'exit codes': 'numbers from 0 to 255 with commas between them, such as 0,2',
  'octal number': 'an octal number such as 022 or 0700',
  name: 'a name without blanks, colons and slashes',
  command: 'a program and its arguments, quoted as in a shell',
  user: 'the name or number of a user of this machine',
  owner: 'USER or USER:GROUP, by name or number',
  file: 'a path whose directory exists',
  directory: 'an existing directory',
  path: 'a path',
  'log file': 'a path whose directory exists, AUTO or NONE',
  'own log file': 'a path whose directory exists, NONE or syslog',
  environment: 'KEY="value",KEY2="value"',
  names: 'names with commas between them',
  patterns: 'file names or patterns such as conf.d/*.conf, with blanks between them',
  'event types': 'names of event types with commas between them, such as PROCESS_STATE,TICK_60',
  'log level': 'critical, error, warn, info, debug, trace or blather',
  address: 'PORT or HOST:PORT; * as the host means every address',
  'decimal seconds': 'seconds from 0.05 to 1000000, such as 30 or 0.5',
  CPUs: 'a share of one CPU such as 50%, or a number of CPUs such as 1.5',
  factor: 'a number, 1 or more, such as 2 or 1.5',
  share: 'a number from 0 to 1, such as 0.1',
  URL: 'a URL such as http://127.0.0.1:8080/health',
  'server URL': 'AUTO, unix://PATH or http://HOST:PORT',
  password: 'the password, or {SHA} and the SHA-1 hash of it in hexadecimal digits',
} as const;

export type OptionType = keyof typeof acceptedValues;

/** One option of the configuration: the only place that says what it takes, what holds without it, and what it is for. */
export interface Option {
  readonly name: string;
  readonly type: OptionType;
  /** As it would be written in the file; undefined when nothing stands for leaving it out. */
  readonly default?: string;
  readonly required?: true;
  /** One sentence or two. */
  readonly meaning: string;
  /** Supervisor does not have it. */
  readonly own?: true;
}
