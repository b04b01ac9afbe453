import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventBus } from '../../src/events/event-bus.ts';
import { ListenerPool } from '../../src/events/listener-pool.ts';
import type { Transition } from '../../src/events/payloads.ts';
import type { ProcessState } from '../../src/states.ts';
import { silentLog } from '../support/fake-launcher.ts';

function change(to: ProcessState): Transition {
  return { from: 'STOPPED', to, pid: 1, tries: 0, expected: true };
}

function setUp(bufferSize: number, processes: number) {
  const bus = new EventBus();
  const errors: string[] = [];
  const pool = new ListenerPool(
    'pool',
    { events: ['REMOTE_COMMUNICATION'], bufferSize },
    { identifier: 'id', bus, log: { ...silentLog, error: (message) => errors.push(message) } },
  );
  const members = Array.from({ length: processes }, (_, index) => {
    const sent: string[] = [];
    const process = { name: `p${index}`, running: true, takes: true };
    const listener = pool.add({
      name: process.name,
      isRunning: () => process.running,
      writeStdin: (text) => {
        if (process.takes) sent.push(text);
        return process.takes;
      },
    });
    const say = (text: string) => listener.takeOutput(Buffer.from(text));
    return { process, sent, listener, say };
  });
  const happen = (text: string) => bus.notify('REMOTE_COMMUNICATION', () => text);
  const payloads = (index: number) => members[index]?.sent.map((text) => text.slice(text.indexOf('\n') + 1));
  return { bus, pool, members, errors, happen, payloads };
}

test('an event has a serial of its own, one of the pool, and the length of its payload in characters', async () => {
  const { members, happen } = setUp(10, 1);
  members[0]?.say('READY\n');
  happen('hällo 😀');
  await setImmediate();
  expect(members[0]?.sent).toEqual([
    'ver:3.0 server:id serial:0 pool:pool poolserial:0 eventname:REMOTE_COMMUNICATION len:7\nhällo 😀',
  ]);
});

test('a process that does not take it leaves the event to the next one', async () => {
  const { members, happen, payloads } = setUp(10, 2);
  for (const member of members) member.say('READY\n');
  if (members[0]) members[0].process.takes = false;
  happen('event');
  await setImmediate();
  expect([payloads(0), payloads(1)]).toEqual([[], ['event']]);
});

test('after its end a pool is told nothing', async () => {
  const { bus, pool, members, happen, payloads } = setUp(10, 1);
  members[0]?.say('READY\n');
  happen('late');
  pool.close();
  await setImmediate();
  expect(payloads(0)).toEqual([]);
  expect(bus.isWanted('REMOTE_COMMUNICATION')).toBe(false);
});

type Step = { readonly kind: 'event' | 'answer' | 'reject' | 'die' | 'start'; readonly who: number };

test('whatever happens, each event is taken once, in order, or was discarded with a line in the log', async () => {
  const step: fc.Arbitrary<Step> = fc.record({
    kind: fc.constantFrom('event', 'event', 'answer', 'answer', 'reject', 'die', 'start'),
    who: fc.nat(1),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, bufferSize) => {
        const { members, errors, happen, payloads } = setUp(bufferSize, 1);
        const [member] = members;
        if (!member) throw new Error('no member');
        const taken: string[] = [];
        let happened = 0;
        let answered = 0;
        const begin = () => {
          member.process.running = true;
          member.listener.changed(change('STARTING'));
          member.listener.changed(change('RUNNING'));
          member.say('READY\n');
        };
        begin();
        const answer = (result: string) => {
          const all = payloads(0) ?? [];
          if (!member.process.running || all.length === answered) return;
          if (result === 'OK') taken.push(all.at(-1) ?? '');
          answered = all.length;
          member.say(`RESULT ${result.length}\n${result}READY\n`);
        };
        for (const { kind } of steps) {
          if (kind === 'event') happen(String(happened++));
          if (kind === 'answer') answer('OK');
          if (kind === 'reject') answer('FAIL');
          if (kind === 'die' && member.process.running) {
            member.process.running = false;
            member.listener.changed(change('EXITED'));
            answered = payloads(0)?.length ?? 0;
          }
          if (kind === 'start' && !member.process.running) begin();
          await setImmediate();
        }
        if (!member.process.running) begin();
        for (let round = 0; round < 10; round++) {
          await setImmediate();
          answer('OK');
        }
        const numbers = taken.map(Number);
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        expect(numbers.length + errors.length).toBe(happened);
      },
    ),
  );
});
