import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import type { EngineFacts } from './engine-facts.ts';

/** Whether the engine runs, and from a version that is whole. */
export function judgeEngine({ state, current, missing, trial, failedTrial }: EngineFacts): Finding[] {
  return [judgeDaemon(state), judgeSlot(current, missing), judgeTrial(trial, failedTrial)];
}

function judgeDaemon(state: EngineFacts['state']): Finding {
  const name = 'engine.runs';
  const start = 'start it: supervisorctl start gwe; gwe logs gwe says what keeps it from running';
  if ('unknown' in state) {
    return failed(
      name,
      state.unknown,
      state.broken
        ? 'gwe logs gwe says more; a database that is damaged can be moved aside, the engine makes a new one'
        : start,
    );
  }
  return state.daemon === undefined
    ? failed(name, 'no engine runs for this home', start)
    : ok(name, `the engine runs as process ${state.daemon}`);
}

function judgeSlot(current: string | undefined, missing: readonly string[]): Finding {
  const name = 'engine.version';
  if (current === undefined) {
    return skipped(name, 'the engine was not installed from a release package: it cannot replace itself');
  }
  if (missing.length === 0) return ok(name, `version ${current} is installed`);
  return failed(
    name,
    `version ${current} lacks ${missing.join(', ')}`,
    'install the release package again: its install.sh keeps configuration, queue and applications',
  );
}

function judgeTrial(trial: EngineFacts['trial'], failedTrial: EngineFacts['failedTrial']): Finding {
  const name = 'engine.trial';
  if (trial) {
    return warning(
      name,
      `version ${trial.version} of the engine is on probation; it has ${trial.seconds} s to check in, else version ${trial.previous} comes back`,
      'wait until that is over',
    );
  }
  return failedTrial
    ? warning(
        name,
        `version ${failedTrial.version} of the engine did not stand its probation: ${failedTrial.reason}`,
        'gwe logs gwe says more; the version before runs on',
      )
    : ok(name, 'no version of the engine is on probation');
}
