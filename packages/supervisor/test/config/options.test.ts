import { readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { GroupConfig } from '../../src/config/groups.ts';
import type { SectionKind } from '../../src/config/options/sections.ts';
import {
  eventListenerSection,
  groupSection,
  inetServerSection,
  programSection,
  sectionKinds,
  supervisordSection,
  unixServerSection,
} from '../../src/config/options/sections.ts';
import { loadConfig } from '../../src/index.ts';
import { python } from '../support/python.ts';

const source = '/usr/lib/python3/dist-packages/supervisor/options.py';

/** Names of the options that a piece of Supervisor's own source reads. */
function optionsRead(from: string, to: string, pattern: RegExp): string[] {
  const text = readFileSync(source, 'utf8');
  const start = text.indexOf(from);
  const piece = text.slice(start, text.indexOf(to, start));
  return [...new Set([...piece.matchAll(pattern)].map((match) => match[1] as string))].sort();
}

const namesOf = (kind: SectionKind) => kind.options.map((option) => option.name);

test('every option that Supervisor reads is known here', () => {
  const inSection = /get\(section,\s*'(\w+)'/g;
  const fromSupervisord = optionsRead('def read_config', 'section.profile_options', /[ (]get\('(\w+)'/g);
  expect(fromSupervisord.length).toBeGreaterThan(10);
  expect(namesOf(supervisordSection)).toEqual(expect.arrayContaining(fromSupervisord));
  const fromPrograms = optionsRead('def _processes_from_section', 'def _parse_servernames', inSection);
  const perChannel = ['logfile', 'logfile_backups', 'logfile_maxbytes', 'syslog'].flatMap((option) => [
    `stdout_${option}`,
    `stderr_${option}`,
  ]);
  expect(fromPrograms.length).toBeGreaterThan(20);
  for (const kind of [programSection, eventListenerSection])
    expect(namesOf(kind)).toEqual(expect.arrayContaining([...fromPrograms, ...perChannel]));
  expect(namesOf(eventListenerSection)).toEqual(
    expect.arrayContaining(optionsRead('# process "event listener"', '# process fastcgi', inSection)),
  );
  expect(namesOf(groupSection)).toEqual(
    expect.arrayContaining(optionsRead('# process heterogeneous', '# process "normal"', inSection)),
  );
  const credentials = optionsRead('def _parse_username_and_password', 'def server_configs', inSection);
  const fromInet = optionsRead('inet_serverdefs = ', 'unix_serverdefs = ', inSection);
  const fromUnix = optionsRead('unix_serverdefs = ', 'def daemonize', inSection);
  expect(namesOf(inetServerSection).sort()).toEqual([...credentials, ...fromInet].sort());
  expect(namesOf(unixServerSection).sort()).toEqual([...credentials, ...fromUnix].sort());
});

async function groupsOf(text: string): Promise<readonly GroupConfig[]> {
  await using folder = await temporaryFolder();
  writeFileSync(join(folder.path, 's.conf'), text);
  return loadConfig(join(folder.path, 's.conf'), {}).groups;
}

test('the defaults that are told are the ones in force', async () => {
  const written = (kind: SectionKind) =>
    kind.options
      .filter((option) => option.default !== undefined && option.own === undefined)
      .map((option) => `${option.name}=${option.default}\n`)
      .join('');
  const without =
    '[supervisord]\n[program:app]\ncommand=x\n[group:g]\nprograms=app\n[eventlistener:l]\ncommand=x\nevents=TICK\n';
  const with_ = `[supervisord]\n[program:app]\ncommand=x\n${written(programSection)}[group:g]\nprograms=app\n${written(groupSection)}[eventlistener:l]\ncommand=x\nevents=TICK\n${written(
    {
      ...eventListenerSection,
      // As a group -1, as a process 999: one number cannot say both.
      options: eventListenerSection.options.filter((option) => option.name !== 'priority'),
    },
  )}`;
  expect(await groupsOf(with_)).toEqual(await groupsOf(without));
  await using folder = await temporaryFolder();
  const load = (text: string) => {
    writeFileSync(join(folder.path, 's.conf'), text);
    return loadConfig(join(folder.path, 's.conf'), {});
  };
  expect(load(`[supervisord]\n${written(supervisordSection)}`)).toEqual(load('[supervisord]\n'));
});

test('the list has each option once, and a meaning that is a sentence', () => {
  for (const { title, meaning, options } of sectionKinds) {
    expect(new Set(options.map((option) => option.name)).size, title).toBe(options.length);
    for (const text of [meaning, ...options.map((option) => option.meaning)])
      expect(text).toMatch(/^[A-Z].*\.$/s);
  }
});

/** What Supervisor itself makes of a configuration: groups of processes, or that it refuses it. */
const reading = `
import io
from supervisor.options import ServerOptions, EventListenerPoolConfig
from supervisor.datatypes import Automatic, RestartUnconditionally, RestartWhenExitUnexpected
from supervisor.events import getEventNameByType
def log(p, c):
    target = getattr(p, c + "_logfile")
    return [
        "auto" if target is Automatic else "none" if target is None else target,
        getattr(p, c + "_logfile_maxbytes"), getattr(p, c + "_logfile_backups"), getattr(p, c + "_syslog"),
        getattr(p, c + "_capture_maxbytes"), getattr(p, c + "_events_enabled"),
    ]
def process(p):
    restart = {RestartUnconditionally: "always", RestartWhenExitUnexpected: "unexpected"}.get(p.autorestart, "never")
    return [p.name, p.command, p.directory, p.umask, p.priority, p.autostart, restart, p.startsecs, p.startretries,
        int(p.stopsignal), p.stopwaitsecs, p.stopasgroup, p.killasgroup, p.exitcodes, p.uid, p.redirect_stderr,
        log(p, "stdout"), log(p, "stderr"), p.environment, p.serverurl]
def group(g):
    pool = None
    if isinstance(g, EventListenerPoolConfig):
        pool = [sorted(getEventNameByType(e) for e in g.pool_events), g.buffer_size]
    return [g.name, g.priority, sorted([process(p) for p in g.process_configs], key=lambda p: p[0]), pool]
def f(text):
    options = ServerOptions()
    options.environ_expansions = {"ENV_HOME": "/root"}
    options.here = "/tmp"
    options.configfile = "/tmp/s.conf"
    try:
        options.read_config(io.StringIO(text))
    except (ValueError, AttributeError) as error:
        return "refused"
    groups = options.configroot.supervisord.process_group_configs
    return sorted([group(g) for g in groups], key=lambda g: g[0])
`;

function plainGroups(groups: readonly GroupConfig[], signals: Readonly<Record<string, number>>) {
  const log = ({
    target,
    maxBytes,
    backups,
    syslog,
    captureMaxBytes,
    eventsEnabled,
  }: GroupConfig['processes'][0]['stdout']) => [
    target.kind === 'file' ? target.path : target.kind,
    ...[maxBytes, backups, syslog, captureMaxBytes, eventsEnabled],
  ];
  return [...groups]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((group) => [
      group.name,
      group.priority,
      [...group.processes]
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map((p) => [
          ...[
            p.name,
            p.command,
            p.directory ?? null,
            p.umask ?? null,
            p.priority,
            p.autostart,
            p.autorestart,
          ],
          ...[p.startSeconds, p.startRetries, signals[p.stopSignal], p.stopWaitSeconds, p.stopAsGroup],
          ...[
            p.killAsGroup,
            p.exitCodes,
            p.user?.uid ?? null,
            p.redirectStderr,
            log(p.stdout),
            log(p.stderr),
          ],
          ...[p.environment, p.serverUrl ?? null],
        ]),
      group.pool ? [[...group.pool.events].sort(), group.pool.bufferSize] : null,
    ]);
}

const values: Readonly<Record<string, readonly string[]>> = {
  command: [
    '/bin/app --x "a b"',
    "sh -c 'echo %%x'",
    'app %(process_num)03d of %(numprocs)d',
    '%(ENV_HOME)s/%(program_name)s ; note',
  ],
  process_name: [
    '%(program_name)s_%(process_num)02d',
    '%(program_name)s',
    'fixed',
    'a b',
    '%(group_name)s-%(process_num)d',
  ],
  numprocs: ['1', '2', '3', 'x'],
  numprocs_start: ['0', '5', '98'],
  priority: ['1', '-5', '+7', 'high'],
  autostart: ['true', 'OFF', 'Yes', 'maybe'],
  autorestart: ['true', 'false', 'unexpected', 'UNEXPECTED', 'always'],
  startsecs: ['0', '10', '1.5'],
  startretries: ['0', '7'],
  exitcodes: ['0', '0,2, 3', '256', ''],
  stopsignal: ['TERM', 'sigint', '9', 'NOPE'],
  stopwaitsecs: ['0', '33'],
  stopasgroup: ['true', 'false'],
  killasgroup: ['true', 'false'],
  user: ['root', '0', 'nobody', 'no-such-user'],
  redirect_stderr: ['true', 'false'],
  directory: ['/tmp', '/srv/%(process_num)d'],
  umask: ['022', '77', '9'],
  environment: ['A=1', 'A="%(process_num)d",B="x,y"', 'A', 'PATH="/a:%(ENV_HOME)s"'],
  serverurl: ['AUTO', 'unix:///x', 'http://h:1'],
  stdout_logfile: [
    'NONE',
    'AUTO',
    '/tmp/%(program_name)s-%(process_num)d.log',
    '/no/such/folder/x',
    'syslog',
  ],
  stderr_logfile: ['none', 'auto', '/tmp/err.log'],
  stdout_logfile_maxbytes: ['0', '1KB', '2mb', '1TB'],
  stderr_logfile_backups: ['0', '5'],
  stdout_capture_maxbytes: ['0', '1MB'],
  stderr_events_enabled: ['true', 'no'],
  stdout_syslog: ['true', 'false'],
};

const listenerValues: Readonly<Record<string, readonly string[]>> = {
  ...values,
  events: ['PROCESS_STATE', 'tick_5, TICK_60', 'NOTHING', ''],
  buffer_size: ['1', '100', '0'],
};

/** Two processes of one name in a group are refused here, while Supervisor forgets one of them. */
const otherValues = { ...values, process_name: ['%(program_name)s_%(process_num)02d', '%(program_name)s'] };

function section(
  kind: 'program' | 'eventlistener',
  name: string,
  needed: readonly string[],
  known: Readonly<Record<string, readonly string[]>>,
) {
  const optional = Object.keys(known).filter((option) => !needed.includes(option));
  const setting = (option: string) =>
    fc.constantFrom(...(known[option] ?? [''])).map((value) => `${option}=${value}\n`);
  return fc
    .tuple(
      fc.tuple(...needed.map(setting)),
      fc.subarray(optional, { maxLength: 5 }).chain((options) => fc.tuple(...options.map(setting))),
    )
    .map(([first, more]) => `[${kind}:${name}]\n${[...first, ...more].join('')}`);
}

test('configurations good and bad are read as Supervisor reads them', async () => {
  const configuration = fc
    .tuple(
      section('program', 'one', ['command'], values),
      fc.option(section('program', 'two', ['command'], otherValues), { nil: '' }),
      fc.option(section('eventlistener', 'ear', ['command', 'events'], listenerValues), { nil: '', freq: 2 }),
      fc.constantFrom('', '', '[group:both]\nprograms=one\npriority=3\n', '[group:both]\nprograms=one,two\n'),
    )
    .map((sections) => `[supervisord]\nenvironment=SHARED="s"\n${sections.join('')}`);
  const texts = fc.sample(configuration, 400);
  const theirs = python(reading, texts);
  await using folder = await temporaryFolder();
  const file = join(folder.path, 's.conf');
  const ours = texts.map((text) => {
    writeFileSync(file, text);
    try {
      return plainGroups(loadConfig(file, { HOME: '/root' }).groups, constants.signals);
    } catch {
      return 'refused';
    }
  });
  for (const [index, text] of texts.entries()) expect(ours[index], text).toEqual(theirs[index]);
  expect(ours.filter((result) => result !== 'refused').length).toBeGreaterThan(50);
});
