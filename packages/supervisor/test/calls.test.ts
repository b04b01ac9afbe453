import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { faults, SupervisorFault, SupervisorUnreachable } from '../src/index.ts';
import { type RunningDaemon, startDaemon, type Target } from './support/daemons.ts';

type Step = readonly [method: string, ...params: unknown[]] | ((daemon: RunningDaemon) => unknown);

const base64 = (text: string) => new TextEncoder().encode(text);

const is = (name: string, statename: string) => (daemon: RunningDaemon) =>
  waitUntil(
    `${name} to be ${statename}`,
    async () => (await daemon.client.getProcessInfo(name)).statename === statename,
    { timeoutMs: 15_000 },
  );

const says = (file: string) => (daemon: RunningDaemon) =>
  waitUntil(`something in ${file}`, () => textOf(join(daemon.folder, file)) !== '');

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

const write = (name: string, text: string) => (daemon: RunningDaemon) =>
  writeFileSync(join(daemon.folder, name), text);

const sleeper = 'command=sleep 1000\nstartsecs=0\n';

const programs = `[program:app]\ncommand=sh -c 'echo out; echo err >&2; exec sleep 1000'\nstartsecs=0
stdout_logfile=%(here)s/app.out\nstderr_logfile=%(here)s/app.err
[program:off]\n${sleeper}autostart=false\nstdout_logfile=NONE\nstderr_logfile=NONE
[program:deaf]\ncommand=sh -c 'exec <&-; echo deaf; exec sleep 1000'\nstartsecs=0\nstdout_logfile=%(here)s/deaf.out
[program:missing]\ncommand=/no/such/command\nautostart=false\nstartretries=0
[program:folder]\ncommand=/tmp\nautostart=false\nstartretries=0
[program:plain]\ncommand=%(here)s/plain\nautostart=false\nstartretries=0
[program:quick]\ncommand=false\nstartsecs=10\nautostart=false\nstartretries=0
[program:slow]\ncommand=sh -c 'trap "" TERM; echo ready; while :; do sleep 0.1; done'\nstartsecs=0\nstopwaitsecs=3\nstdout_logfile=%(here)s/slow.out
[program:x]\n${sleeper}[program:y]\n${sleeper}autostart=false
[group:both]\nprograms=x,y\npriority=5\n`;

/** Calls that both supervisors answer alike, one after the other on one supervisor. */
const steps: readonly Step[] = [
  write('plain', 'not a program'),
  is('app', 'RUNNING'),
  is('both:x', 'RUNNING'),
  says('slow.out'),
  says('app.out'),
  says('app.err'),
  // Names of methods.
  ['nothing'],
  ['supervisor'],
  ['supervisor.'],
  ['supervisor.nothing'],
  ['supervisor._update', 'x'],
  ['supervisor.supervisord'],
  ['supervisor.startProcess.more', 'app'],
  ['system.nothing'],
  ['nobody.getState'],
  // Number of parameters.
  ['supervisor.getState', 'much'],
  ['supervisor.getAPIVersion', 1],
  ['supervisor.getPID', 1],
  ['supervisor.getProcessInfo'],
  ['supervisor.getProcessInfo', 'app', 'app'],
  ['supervisor.startProcess'],
  ['supervisor.startProcess', 'app', true, true],
  ['supervisor.stopProcessGroup'],
  ['supervisor.signalProcess', 'app'],
  ['supervisor.signalAllProcesses'],
  ['supervisor.readLog'],
  ['supervisor.readLog', 0],
  ['supervisor.readProcessStdoutLog', 'app', 0],
  ['supervisor.tailProcessStderrLog', 'app'],
  ['supervisor.clearProcessLogs'],
  ['supervisor.clearAllProcessLogs', 'app'],
  ['supervisor.sendProcessStdin', 'app'],
  ['supervisor.sendRemoteCommEvent', 'kind'],
  ['supervisor.addProcessGroup'],
  ['supervisor.reloadConfig', 'now'],
  ['supervisor.shutdown', 'now'],
  ['supervisor.restart', 'now'],
  ['system.listMethods', 'all'],
  ['system.methodHelp'],
  ['system.methodSignature'],
  ['system.multicall'],
  // Names of programs and groups.
  ...[
    'nobody',
    '',
    ':',
    'app:',
    'app:*',
    ':app',
    'app:nobody',
    'nobody:*',
    'both',
    'both:',
    'both:nobody',
    'x',
  ].map((name): Step => ['supervisor.getProcessInfo', name]),
  ...['nobody', '', 'nobody:*', 'app:nobody', 'both'].flatMap((name): Step[] => [
    ['supervisor.startProcess', name],
    ['supervisor.stopProcess', name],
    ['supervisor.signalProcess', name, 'HUP'],
    ['supervisor.readProcessStdoutLog', name, 0, 0],
    ['supervisor.readProcessStderrLog', name, 0, 0],
    ['supervisor.readProcessLog', name, 0, 0],
    ['supervisor.tailProcessStdoutLog', name, 0, 0],
    ['supervisor.tailProcessStderrLog', name, 0, 0],
    ['supervisor.tailProcessLog', name, 0, 0],
    ['supervisor.clearProcessLogs', name],
    ['supervisor.clearProcessLog', name],
    ['supervisor.sendProcessStdin', name, 'text'],
  ]),
  ...['nobody', '', 'both:*', 'both:x'].flatMap((name): Step[] => [
    ['supervisor.startProcessGroup', name],
    ['supervisor.stopProcessGroup', name],
    ['supervisor.signalProcessGroup', name, 'HUP'],
    ['supervisor.addProcessGroup', name],
    ['supervisor.removeProcessGroup', name],
  ]),
  ['supervisor.readProcessLog', 'both:*', 0, 0],
  ['supervisor.clearProcessLogs', 'both:*'],
  ['supervisor.sendProcessStdin', 'both:*', 'text'],
  // Signals.
  ...['NONSENSE', '', '0', '-1', '99', '1.5', 'SIG', 0, 99].flatMap((signal): Step[] => [
    ['supervisor.signalProcess', 'app', signal],
    ['supervisor.signalProcess', 'nobody', signal],
    ['supervisor.signalProcess', 'off', signal],
    ['supervisor.signalProcessGroup', 'both', signal],
  ]),
  ['supervisor.signalAllProcesses', 'NONSENSE'],
  ...['CONT', 'cont', 'SIGCONT', 'sigcont', '18', 18].map(
    (signal): Step => ['supervisor.signalProcess', 'app', signal],
  ),
  ['supervisor.signalProcess', 'both:*', 'CONT'],
  ['supervisor.signalProcessGroup', 'both', 'CONT'],
  ['supervisor.signalProcess', 'off', 'CONT'],
  ['supervisor.signalAllProcesses', 'CONT'],
  // Starting and stopping.
  ['supervisor.startProcess', 'app'],
  ['supervisor.startProcess', 'app', false],
  ['supervisor.startProcess', 'app', 0],
  ['supervisor.startProcess', 'missing'],
  ['supervisor.startProcess', 'missing', false],
  ['supervisor.startProcess', 'folder'],
  ['supervisor.startProcess', 'plain'],
  ['supervisor.startProcess', 'quick'],
  is('quick', 'FATAL'),
  ['supervisor.stopProcess', 'off'],
  ['supervisor.stopProcess', 'quick'],
  ['supervisor.stopProcess', 'off', false],
  ['supervisor.startProcess', 'both:*'],
  ['supervisor.startProcessGroup', 'both'],
  ['supervisor.startProcessGroup', 'both', false],
  ['supervisor.stopProcess', 'both:y'],
  ['supervisor.stopProcess', 'both:*'],
  ['supervisor.stopProcessGroup', 'both'],
  ['supervisor.startProcess', 'both:x', true],
  ['supervisor.stopProcess', 'slow', false],
  ['supervisor.startProcess', 'slow'],
  ['supervisor.startProcess', 'slow', false],
  ['supervisor.stopProcess', 'slow'],
  ['supervisor.sendProcessStdin', 'slow', 'text'],
  ['supervisor.removeProcessGroup', 'slow'],
  is('slow', 'STOPPED'),
  // Logs.
  ['supervisor.readProcessStdoutLog', 'app', 0, 0],
  ['supervisor.readProcessStdoutLog', 'app', 1, 2],
  ['supervisor.readProcessStdoutLog', 'app', -3, 0],
  ['supervisor.readProcessStdoutLog', 'app', -300, 0],
  ['supervisor.readProcessStdoutLog', 'app', 100, 0],
  ['supervisor.readProcessStdoutLog', 'app', 100, 5],
  ['supervisor.readProcessStdoutLog', 'app', -3, 2],
  ['supervisor.readProcessStdoutLog', 'app', -3, -2],
  ['supervisor.readProcessStdoutLog', 'app', 0, -2],
  ['supervisor.readProcessStdoutLog', 'app', '1', '2'],
  ['supervisor.readProcessStdoutLog', 'app', 1.9, 2.9],
  ['supervisor.readProcessStdoutLog', 'app', true, true],
  ['supervisor.readProcessStderrLog', 'app', 0, 0],
  ['supervisor.readProcessLog', 'app', 0, 0],
  ['supervisor.tailProcessStdoutLog', 'app', 0, 0],
  ['supervisor.tailProcessStdoutLog', 'app', 0, 2],
  ['supervisor.tailProcessStdoutLog', 'app', 2, 100],
  ['supervisor.tailProcessStdoutLog', 'app', 100, 100],
  ['supervisor.tailProcessStdoutLog', 'app', -1, 1],
  ['supervisor.tailProcessStdoutLog', 'app', 0, -1],
  ['supervisor.tailProcessLog', 'app', '0', 1.5],
  ['supervisor.tailProcessStderrLog', 'app', 0, 100],
  ['supervisor.readProcessStdoutLog', 'off', 0, 0],
  ['supervisor.readProcessStderrLog', 'off', 0, 0],
  ['supervisor.tailProcessStdoutLog', 'off', 0, 10],
  ['supervisor.clearProcessLogs', 'off'],
  ['supervisor.clearProcessLogs', 'app'],
  ['supervisor.readProcessStdoutLog', 'app', 0, 0],
  ['supervisor.tailProcessStdoutLog', 'app', 0, 10],
  (daemon) => rmSync(join(daemon.folder, 'app.out')),
  ['supervisor.readProcessStdoutLog', 'app', 0, 0],
  ['supervisor.tailProcessStdoutLog', 'app', 0, 10],
  ['supervisor.clearProcessLogs', 'app'],
  says('deaf.out'),
  ['supervisor.clearAllProcessLogs'],
  ['supervisor.readLog', -1, 1],
  ['supervisor.readLog', 0, -1],
  ['supervisor.readMainLog', -1, 1],
  (daemon) => rmSync(join(daemon.folder, 'supervisord.log')),
  ['supervisor.readLog', 0, 0],
  ['supervisor.clearLog'],
  // Standard input.
  ['supervisor.sendProcessStdin', 'app', 'text'],
  ['supervisor.sendProcessStdin', 'app', ''],
  ['supervisor.sendProcessStdin', 'app', 5],
  ['supervisor.sendProcessStdin', 'app', true],
  ['supervisor.sendProcessStdin', 'app', base64('bytes')],
  ['supervisor.sendProcessStdin', 'off', 'text'],
  ['supervisor.sendProcessStdin', 'off', ''],
  ['supervisor.sendProcessStdin', 'deaf', 'text'],
  ['supervisor.sendRemoteCommEvent', 'kind', 'text'],
  // Configuration.
  ['supervisor.addProcessGroup', 'app'],
  ['supervisor.removeProcessGroup', 'app'],
  ['supervisor.removeProcessGroup', 'both'],
  ['supervisor.removeProcessGroup', 'off'],
  ['supervisor.removeProcessGroup', 'off'],
  ['supervisor.startProcess', 'off'],
  ['supervisor.getProcessInfo', 'off'],
  ['supervisor.reloadConfig'],
  ['supervisor.getAllConfigInfo'],
  ['supervisor.addProcessGroup', 'off'],
  ['supervisor.addProcessGroup', 'off'],
  // The namespace `system`.
  ['system.methodHelp', 'supervisor.nothing'],
  ['system.methodHelp', ''],
  ['system.methodHelp', 5],
  ['system.methodSignature', 'supervisor.nothing'],
  ['system.methodSignature', 'nothing'],
  ['system.methodSignature', 5],
  ['system.multicall', []],
  [
    'system.multicall',
    [
      { methodName: 'supervisor.getAPIVersion', params: [] },
      { methodName: 'supervisor.getAPIVersion' },
      { methodName: 'supervisor.getAPIVersion', params: ['much'] },
      { methodName: 'supervisor.nothing', params: [] },
      { methodName: 'nothing' },
      { methodName: 'system.multicall', params: [[]] },
      { params: [] },
      {},
      { methodName: 'supervisor.getProcessInfo', params: ['nobody'] },
      { methodName: 'supervisor.stopProcess', params: ['both:x'] },
      { methodName: 'supervisor.startProcess', params: ['both:x'] },
      { methodName: 'supervisor.startProcess', params: ['both:x'] },
      { methodName: 'supervisor.startProcess', params: ['quick'] },
      { methodName: 'supervisor.startProcessGroup', params: ['both'] },
      { methodName: 'supervisor.signalProcess', params: ['app', 'NONSENSE'] },
      { methodName: 'supervisor.getState', params: {} },
      { methodName: 'supervisor.getState', params: 5 },
      { methodName: 'system.methodSignature', params: ['supervisor.readLog'] },
    ],
  ],
  // Nothing but `system` and sendRemoteCommEvent answers in a shutdown.
  (daemon) => rmSync(join(daemon.folder, 'slow.out')),
  ['supervisor.startProcess', 'slow'],
  says('slow.out'),
  ['supervisor.shutdown'],
  ['supervisor.getState'],
  ['supervisor.getVersion'],
  ['supervisor.getPID'],
  ['supervisor.startProcess', 'nobody'],
  ['supervisor.startProcess'],
  ['supervisor.readLog', 0, 0],
  ['supervisor.shutdown'],
  ['supervisor.restart'],
  ['supervisor.sendRemoteCommEvent', 'kind', 'text'],
  ['supervisor.nothing'],
  ['system.methodSignature', 'supervisor.shutdown'],
  ['system.multicall', [{ methodName: 'supervisor.getState' }]],
];

async function answersOf(target: Target): Promise<unknown[]> {
  await using daemon = await startDaemon(target, programs);
  const seen: unknown[] = [];
  for (const step of steps) {
    if (typeof step === 'function') await step(daemon);
    else seen.push([step, plain(await answer(daemon, step[0], step.slice(1)), daemon)]);
  }
  return seen;
}

async function answer(daemon: RunningDaemon, method: string, params: unknown[]): Promise<unknown> {
  try {
    return await daemon.client.call(method, params);
  } catch (error) {
    if (error instanceof SupervisorFault) return { fault: error.faultCode, text: error.faultString };
    if (error instanceof SupervisorUnreachable) return error.message.replace(/^.*: /, '');
    throw error;
  }
}

/** What differs from run to run is left out. */
function plain(value: unknown, daemon: RunningDaemon): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(daemon.folder, '<folder>'));
}

test('every call with arguments good and bad is answered alike by both supervisors', {
  timeout: 90_000,
}, async () => {
  const [ours, theirs] = await Promise.all([answersOf('embedded'), answersOf('supervisord')]);
  expect(ours).toEqual(theirs);
});

async function methodsOf(target: Target): Promise<unknown[]> {
  await using daemon = await startDaemon(target, '');
  const names = (await daemon.client.call('system.listMethods')) as string[];
  const seen: unknown[] = [];
  for (const name of names.filter((name) => /^(supervisor|system)\./.test(name))) {
    const signature = await daemon.client.call('system.methodSignature', [name]);
    // Its words are our own; the tags are what programs read.
    const help = (await daemon.client.call('system.methodHelp', [name])) as string;
    const tags = [...help.matchAll(/^\s*@(param|return) +(\w+)/gm)].map(([, tag, type]) => [tag, type]);
    seen.push({ name, signature, tags });
  }
  return seen;
}

test('both have the same methods with the same signatures and documented types', async () => {
  const [ours, theirs] = await Promise.all([methodsOf('embedded'), methodsOf('supervisord')]);
  expect(ours).toEqual(theirs);
});

test('what makes a supervisord fail with an HTTP status is a fault here', async () => {
  await using daemon = await startDaemon('embedded', programs);
  for (const [method, ...params] of [
    ['supervisor.getProcessInfo', ['app']],
    ['supervisor.startProcess', { name: 'app' }],
    ['supervisor.readLog', 'first', 'last'],
    ['supervisor.readLog', 0, {}],
    ['supervisor.stopProcessGroup', null],
    ['supervisor.sendProcessStdin', 'app', null],
    ['system.multicall', 'calls'],
    ['system.multicall', { methodName: 'supervisor.getState' }],
  ] as const)
    expect(await answer(daemon, method, [...params])).toMatchObject({ fault: faults.INCORRECT_PARAMETERS });
  expect(await daemon.client.call('system.multicall', [[5, 'x', []]])).toEqual(
    Array(3).fill({ faultCode: faults.INCORRECT_PARAMETERS, faultString: 'INCORRECT_PARAMETERS' }),
  );
});
