import { describeError } from '@gateway-engine/host';
import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import type { SupervisorState } from './supervisor-facts.ts';

type Program = Extract<SupervisorState['answer'], { value: unknown }>['value']['programs'][number];

/** Whether the supervisor answers, and its programs run. */
export function judgeSupervisor({ url, answer }: SupervisorState): Finding[] {
  if ('error' in answer) {
    const why = 'the supervisor does not answer';
    return [
      failed(
        'supervisor.answers',
        describeError(answer.error),
        `start it (systemctl start gateway-engine, or gwe-supervisord), or set where it listens: [supervisor] url in Engine.config, now ${url}`,
      ),
      skipped('supervisor.gwe', why),
      skipped('supervisor.gmq', why),
      skipped('supervisor.programs', why),
    ];
  }
  const { version, pid, state, programs } = answer.value;
  const [upstream, own] = version.split('+gwe.');
  const which = own === undefined ? `supervisord ${upstream}` : `gwe-supervisord ${own}`;
  return [
    state === 'RUNNING'
      ? ok('supervisor.answers', `${which}, process ${pid}, on ${url}`)
      : failed(
          'supervisor.answers',
          `${which} is ${state}`,
          'wait until it has started again; if it stays so, start it anew',
        ),
    ownProgram('gwe', programs),
    ownProgram('gmq', programs),
    others(programs.filter(({ process }) => !['gwe', 'gmq'].includes(process.group))),
  ];
}

function ownProgram(program: 'gwe' | 'gmq', programs: readonly Program[]): Finding {
  const name = `supervisor.${program}`;
  const found = programs.find(({ process }) => process.group === program);
  if (!found) {
    return failed(
      name,
      `the supervisor has no program ${program}`,
      'gwe enroll writes the configuration of the supervisor; with one of your own, add the program to it and update it: supervisorctl update',
    );
  }
  const { process, lastError } = found;
  const why = lastError === '' ? '' : `: ${lastError}`;
  switch (process.statename) {
    case 'RUNNING':
      return ok(name, `${program} is RUNNING, ${process.description}`);
    case 'STARTING':
      return warning(
        name,
        `${program} is STARTING${why}`,
        `look again in a moment, and at gwe logs ${program}`,
      );
    case 'STOPPED':
    case 'STOPPING':
      return failed(name, `${program} is ${process.statename}`, `start it: supervisorctl start ${program}`);
    default:
      return failed(
        name,
        `${program} is ${process.statename}${why}`,
        `gwe logs ${program} says why; then: supervisorctl start ${program}`,
      );
  }
}

function others(programs: readonly Program[]): Finding {
  const name = 'supervisor.programs';
  if (programs.length === 0) return ok(name, 'no applications run on this gateway');
  const unwell = programs.filter(({ process }) =>
    ['FATAL', 'BACKOFF', 'UNKNOWN'].includes(process.statename),
  );
  if (unwell.length === 0) {
    const running = programs.filter(({ process }) => process.statename === 'RUNNING').length;
    return ok(name, `${running} of ${programs.length} programs of applications run, none has failed`);
  }
  const texts = unwell.map(
    ({ process, lastError }) =>
      `${process.group} is ${process.statename}${lastError === '' ? '' : ` (${lastError})`}`,
  );
  const groups = [...new Set(unwell.map(({ process }) => process.group))];
  return failed(name, texts.join('; '), groups.map((group) => `gwe logs ${group}`).join(', '));
}
