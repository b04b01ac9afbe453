import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginsAnewAt, canBeStopped, type Ending, givesWay, resume, stateAfter } from '../../src/ota/plan.ts';
import {
  type InstallState,
  installStates,
  isFinal,
  transitions,
  type WorkState,
} from '../../src/ota/states.ts';

const installing = { removal: false, stopped: false };
const stoppedCourse = { removal: false, stopped: true };
const workStates = installStates.filter((state): state is WorkState => !isFinal(state));

describe('the plan of an install', () => {
  it('leaves every state by an allowed transition, whether its work succeeds or fails', () => {
    for (const state of workStates) {
      for (const ending of ['done', 'failed'] as const) {
        for (const stopped of [false, true]) {
          expect(transitions[state]).toContain(stateAfter(state, ending, { removal: false, stopped }));
        }
      }
    }
  });

  it('touches nothing that runs when it fails before the old program is stopped, and rolls back after', () => {
    for (const state of ['queued', 'downloading', 'verifying', 'staged'] as const) {
      expect(stateAfter(state, 'failed', installing)).toBe('failed');
    }
    for (const state of ['stopping', 'installing', 'starting', 'probation'] as const) {
      expect(stateAfter(state, 'failed', stoppedCourse)).toBe('rolling-back');
    }
    // Again, after the installer was interrupted.
    expect(stateAfter('staged', 'failed', stoppedCourse)).toBe('rolling-back');
    expect(
      resume({ ...stoppedCourse, state: 'staged', attempts: 3, kind: 'program', installerBegun: true }).state,
    ).toBe('rolling-back');
  });

  it.each(['one-off', 'library'] as const)('does not run the installer of a %s a second time', (kind) => {
    const interrupted = {
      state: 'installing',
      attempts: 0,
      kind,
      installerBegun: true,
      ...stoppedCourse,
    } as const;
    expect(resume(interrupted)).toMatchObject({
      state: 'rolling-back',
      reason: expect.stringContaining('not run'),
    });
    expect(resume({ ...interrupted, installerBegun: false })).toEqual({ state: 'installing' });
  });

  it('starts a program over in a fresh copy of its package when its installer was interrupted', () => {
    expect(
      resume({ ...stoppedCourse, state: 'installing', attempts: 0, kind: 'program', installerBegun: true }),
    ).toEqual({
      state: 'staged',
    });
  });

  it('comes to an end, however often and wherever it is interrupted, stopped or made to wait', () => {
    type Event = Ending | 'interrupted' | 'waits' | 'stop';
    const event = fc.constantFrom<Event>('done', 'failed', 'interrupted', 'waits', 'stop');
    const events = fc.array(event, { minLength: 800, maxLength: 800 });
    const kinds = fc.constantFrom('program', 'one-off', 'library');
    fc.assert(
      fc.property(events, kinds, fc.boolean(), (sequence, kind, removal) => {
        let state: InstallState = 'queued';
        let attempts = 0;
        let installerBegun = false;
        let stopped = false;
        const next = (from: InstallState, to: InstallState): InstallState => {
          if (to === from) return from;
          expect(transitions[from]).toContain(to);
          if (beginsAnewAt(to, { stopped })) attempts = 0;
          return to;
        };
        for (const event of sequence) {
          if (isFinal(state)) break;
          const before: WorkState = state;
          if (before === 'installing') installerBegun = true;
          if (before === 'stopping') stopped = true;
          const course = { removal, stopped };
          if (event === 'interrupted') {
            const { state: to } = resume({ ...course, state: before, attempts, kind, installerBegun });
            attempts++;
            state = next(before, to);
          } else if (event === 'stop') {
            if (canBeStopped(before)) state = next(before, stateAfter(before, 'failed', course));
          } else if (event !== 'waits') state = next(before, stateAfter(before, event, course));
          // Whatever happens, what was stopped is either replaced or brought back.
          if (state === 'failed' && stopped && before !== 'rolling-back')
            throw new Error(`failed in ${before}`);
          if (removal) expect(['queued', 'removing', 'committed', 'failed']).toContain(state);
          else expect(state).not.toBe('removing');
        }
        expect(isFinal(state)).toBe(true);
      }),
    );
  });

  it('ends a new version that makes the engine end again and again, by the version before', () => {
    let attempts = 0;
    let state: InstallState = 'probation';
    while (state === 'probation') {
      const course = {
        ...stoppedCourse,
        state,
        attempts: attempts++,
        kind: 'program',
        installerBegun: true,
      } as const;
      const { state: to, reason } = resume(course);
      state = to;
      if (reason !== undefined) expect(reason).toContain('given up: the engine ended 3 times');
    }
    expect(state).toBe('rolling-back');
  });

  it('lets a later instruction take the place of what waits, not of what has begun', () => {
    const gives = workStates.filter((state) => givesWay(state, { stopped: false }));
    expect(gives).toEqual(['queued', 'downloading', 'verifying', 'staged']);
    expect(givesWay('staged', { stopped: true })).toBe(false);
  });
});
