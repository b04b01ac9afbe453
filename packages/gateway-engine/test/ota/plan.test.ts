import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ending, resume, stateAfter } from '../../src/ota/plan.ts';
import {
  type InstallState,
  installStates,
  isFinal,
  transitions,
  type WorkState,
} from '../../src/ota/states.ts';

const workStates = installStates.filter((state): state is WorkState => !isFinal(state));

describe('the plan of an install', () => {
  it('leaves every state by an allowed transition, whether its work succeeds or fails', () => {
    for (const state of workStates) {
      for (const ending of ['done', 'failed'] as const) {
        for (const stopped of [false, true]) {
          expect(transitions[state]).toContain(stateAfter(state, ending, stopped));
        }
      }
    }
  });

  it('touches nothing that runs when it fails before the old program is stopped, and rolls back after', () => {
    for (const state of ['queued', 'downloading', 'verifying', 'staging'] as const) {
      expect(stateAfter(state, 'failed', false)).toBe('failed');
    }
    for (const state of ['stopping', 'installing', 'starting'] as const) {
      expect(stateAfter(state, 'failed', true)).toBe('rolling-back');
    }
    // Again, after the installer was interrupted.
    expect(stateAfter('staging', 'failed', true)).toBe('rolling-back');
    expect(
      resume({ state: 'staging', attempts: 3, kind: 'program', installerBegun: true, stopped: true }).state,
    ).toBe('rolling-back');
  });

  it.each(['one-off', 'library'] as const)('does not run the installer of a %s a second time', (kind) => {
    const interrupted = {
      state: 'installing',
      attempts: 0,
      kind,
      installerBegun: true,
      stopped: true,
    } as const;
    expect(resume(interrupted)).toMatchObject({
      state: 'rolling-back',
      reason: expect.stringContaining('not run'),
    });
    expect(resume({ ...interrupted, installerBegun: false })).toEqual({ state: 'installing' });
  });

  it('starts a program over in a fresh copy of its package when its installer was interrupted', () => {
    expect(
      resume({ state: 'installing', attempts: 0, kind: 'program', installerBegun: true, stopped: true }),
    ).toEqual({
      state: 'staging',
    });
  });

  it('comes to an end, however often and wherever it is interrupted', () => {
    type Event = Ending | 'interrupted';
    const events = fc.array(fc.constantFrom<Event>('done', 'failed', 'interrupted'), {
      minLength: 400,
      maxLength: 400,
    });
    const kinds = fc.constantFrom('program', 'one-off', 'library');
    fc.assert(
      fc.property(events, kinds, (sequence, kind) => {
        let state: InstallState = 'queued';
        let attempts = 0;
        let installerBegun = false;
        let stopped = false;
        for (const event of sequence) {
          if (isFinal(state)) break;
          const before: WorkState = state;
          if (before === 'installing') installerBegun = true;
          if (before === 'stopping') stopped = true;
          if (event === 'interrupted') {
            state = resume({ state: before, attempts, kind, installerBegun, stopped }).state;
            attempts++;
          } else state = stateAfter(before, event, stopped);
          if (state !== before) expect(transitions[before]).toContain(state);
        }
        expect(isFinal(state)).toBe(true);
      }),
    );
  });
});
