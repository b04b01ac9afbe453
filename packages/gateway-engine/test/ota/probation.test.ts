import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  judgeLook,
  judgeTimes,
  type ProgramLook,
  probationStart,
  type SupervisorLook,
} from '../../src/ota/probation.ts';
import { Probations } from '../../src/ota/probations.ts';

const program: ProgramLook = {
  name: 'app',
  state: 'RUNNING',
  start: 100,
  pid: 7,
  exitStatus: 0,
  mayEnd: true,
  restarts: 0,
  health: undefined,
  problem: '',
};
const look = (...programs: Partial<ProgramLook>[]): SupervisorLook => ({
  supervisor: 'boot 1',
  programs: programs.map((each) => ({ ...program, ...each })),
});
const since = probationStart(look({}));

describe('a look at a new version', () => {
  it.each<[string, Partial<ProgramLook>, string]>([
    ['runs', {}, 'well'],
    ['is healthy', { health: 'healthy' }, 'well'],
    ['is not healthy yet', { health: 'starting' }, 'not-yet'],
    ['is still being started', { state: 'STARTING' }, 'not-yet'],
    ['has ended as it may', { state: 'EXITED', pid: 0 }, 'ended'],
    ['was stopped by hand', { state: 'STOPPED' }, 'ended'],
    ['ends and begins anew as it should', { start: 200, pid: 8, restarts: 1 }, 'well'],
    ['was started anew by hand', { start: 200 }, 'anew'],
  ])('that %s finds nothing wrong with it', (_, change, kind) => {
    expect(judgeLook(since, look(change)).kind).toBe(kind);
  });

  it.each<[string, Partial<ProgramLook>, string]>([
    [
      'has crashed and runs again',
      { restarts: 1, start: 200, problem: 'ended by SIGSEGV' },
      'app ended and was started again: ended by SIGSEGV',
    ],
    [
      'has crashed under a supervisor that does not count',
      { restarts: undefined, start: 200 },
      'app ended and was started again',
    ],
    [
      'has crashed and runs again within the same second',
      { restarts: undefined, pid: 8 },
      'app ended and was started again',
    ],
    ['has given up', { state: 'FATAL', problem: 'no such file' }, 'app does not start (FATAL): no such file'],
    ['ends at each start', { state: 'BACKOFF' }, 'app ended soon after its start (BACKOFF)'],
    [
      'has ended as it should not',
      { state: 'EXITED', mayEnd: false, exitStatus: 3 },
      'app has ended (exit status 3)',
    ],
    ['is not healthy', { health: 'unhealthy', problem: 'no answer' }, 'app is not healthy: no answer'],
  ])('that %s has a reason to go back', (_, change, reason) => {
    expect(judgeLook(since, look(change))).toEqual({ kind: 'failed', reason });
  });

  it('counts nothing that a supervisor of another life has started', () => {
    expect(judgeLook(since, { ...look({ start: 200, restarts: 0 }), supervisor: 'boot 2' })).toEqual({
      kind: 'anew',
    });
  });

  it('finds the one of several processes that is not well', () => {
    const both = probationStart(look({}, { name: 'other' }));
    expect(judgeLook(both, look({}, { name: 'other', state: 'FATAL' })).kind).toBe('failed');
    expect(judgeLook(both, look({}, { name: 'other', state: 'STARTING' })).kind).toBe('not-yet');
    expect(judgeLook(both, look({}, { name: 'other', state: 'EXITED' })).kind).toBe('well');
    expect(judgeLook(both, look()).kind).toBe('failed');
  });
});

describe('the time of a probation', () => {
  const clock = { at: 0, monotonic: () => clock.at };

  it('is passed only after the whole of it without a break', () => {
    const probations = new Probations(30, clock);
    const find = (kind: 'well' | 'anew', at: number) => {
      clock.at = at;
      return probations.add(1, { kind });
    };
    expect(find('well', 1_000)).toBe('goes-on');
    expect(find('well', 29_000)).toBe('goes-on');
    expect(find('anew', 30_000)).toBe('goes-on');
    expect(find('well', 31_000)).toBe('goes-on');
    expect(find('well', 60_999)).toBe('goes-on');
    expect(find('well', 61_000)).toBe('passed');
  });

  it('is not for ever for one that does not get well', () => {
    const probations = new Probations(30, clock);
    clock.at = 0;
    const finding = { kind: 'not-yet', text: 'app is not healthy yet' } as const;
    expect(probations.add(2, finding)).toBe('goes-on');
    clock.at = 90_001;
    expect(probations.add(2, finding)).toEqual({ failed: 'app is not healthy yet 90 s after its start' });
  });

  it('never passes one that has failed or is not well, whatever the times', () => {
    const times = fc.record({ wellMs: fc.nat(), wholeMs: fc.nat(), wantedMs: fc.nat() });
    fc.assert(
      fc.property(times, (each) => {
        expect(judgeTimes({ kind: 'failed', reason: 'x' }, each)).toEqual({ failed: 'x' });
        expect(judgeTimes({ kind: 'not-yet', text: 'x' }, each)).not.toBe('passed');
        expect(judgeTimes({ kind: 'anew' }, each)).toBe('goes-on');
        const isLongEnough = each.wellMs >= each.wantedMs;
        expect(judgeTimes({ kind: 'well' }, each)).toBe(isLongEnough ? 'passed' : 'goes-on');
      }),
    );
  });
});
