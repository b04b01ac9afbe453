import { formatAmount } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import type { QueueFacts } from './queue-facts.ts';

/** Points go within seconds when the platform is there. */
const longSeconds = 3_600;
const fullShare = 0.8;

/** Whether the queue answers, and what it holds gets on. `now`: milliseconds since 1970. */
export function judgeQueue(facts: QueueFacts | { readonly unknown: string }, now: number): Finding[] {
  const checks = ['answers', 'waiting', 'dead-letters', 'losses'].map((each) => `queue.${each}`);
  if ('unknown' in facts) return checks.map((name) => skipped(name, facts.unknown));
  const { listen, status } = facts;
  if ('error' in status) {
    const [first = '', ...rest] = checks;
    const advice = 'gwe logs gmq says why it does not start; supervisorctl start gmq';
    return [
      failed(first, describeError(status.error), advice),
      ...rest.map((name) => skipped(name, 'the queue cannot be read')),
    ];
  }
  const { running } = status.value;
  return [
    running
      ? ok('queue.answers', `gmq answers on ${listen}`)
      : failed(
          'queue.answers',
          `gmq does not answer on ${listen}`,
          'supervisorctl start gmq; gwe logs gmq says what keeps it from running',
        ),
    judgeWaiting(facts, status.value, now),
    judgeDeadLetters(status.value),
    judgeLosses(status.value),
  ];
}

type Status = Extract<QueueFacts['status'], { value: unknown }>['value'];

function judgeWaiting({ maxBytes }: QueueFacts, status: Status, now: number): Finding {
  const name = 'queue.waiting';
  const { waiting, bytes, oldest } = status;
  if (waiting === 0) return ok(name, 'nothing waits');
  const age = oldest === null ? 0 : Math.max(0, Math.round(now / 1000) - oldest);
  const found = `${waiting} points wait, ${formatAmount(bytes)}, the oldest for ${age} s`;
  const problems = status.identities.flatMap(({ problem, waiting: own }) =>
    problem !== null && own > 0 ? [problem] : [],
  );
  const [problem] = problems;
  if (bytes > maxBytes * fullShare) {
    return failed(
      name,
      `${found}; the queue is full at ${formatAmount(maxBytes)}`,
      `${problem ?? 'let the platform be reached again'}; more room: gmq cfg set limits max_bytes 1GB, then gmq reread`,
    );
  }
  if (problem !== undefined)
    return warning(
      name,
      `${found}: ${problem}`,
      'gmq status shows it by identity; the checks of network and platform say more',
    );
  return age > longSeconds
    ? warning(name, found, 'gmq status shows which identity does not get on; gmq drain tries at once')
    : ok(name, found);
}

function judgeDeadLetters({ deadLetters, newestDeadLetters }: Status): Finding {
  const name = 'queue.dead-letters';
  if (deadLetters === 0) return ok(name, 'the platform has refused nothing');
  const [newest] = newestDeadLetters;
  const last = newest ? `, the last of alias ${newest.alias}: ${newest.reason}` : '';
  return warning(
    name,
    `the platform has refused ${deadLetters} points${last}`,
    'gmq export --dead-letters prints them; the value does not fit the format of the resource, or the resource is missing',
  );
}

function judgeLosses({ dropped, expired, corruptedFiles }: Status): Finding {
  const name = 'queue.losses';
  const losses = [
    ...(dropped > 0 ? [`${dropped} points were given up since the queue was full`] : []),
    ...(expired > 0 ? [`${expired} points had waited for too long`] : []),
    ...corruptedFiles.map((file) => `the corrupted database ${file} was set aside`),
  ];
  if (losses.length === 0) return ok(name, 'nothing was given up');
  return warning(
    name,
    losses.join('; '),
    corruptedFiles.length > 0
      ? 'look at the disk (dmesg), and remove the file that was set aside when nobody needs it'
      : 'more room: gmq cfg set limits max_bytes 1GB; or let programs send less',
  );
}
