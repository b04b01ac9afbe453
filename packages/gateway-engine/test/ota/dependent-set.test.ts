import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dependentSet,
  gateOfProbation,
  gateOfStaged,
  inDependencyOrder,
  type Member,
} from '../../src/ota/dependent-set.ts';
import type { InstallState } from '../../src/ota/states.ts';

const member = (app: string, depends: readonly string[] = [], change: Partial<Member> = {}): Member => ({
  id: app.charCodeAt(0),
  title: `${app}.v1.tar.gz`,
  app,
  depends,
  state: 'staged',
  passed: false,
  reason: undefined,
  ...change,
});
const id = (app: string) => app.charCodeAt(0);
const apps = (members: readonly Member[]) => members.map(({ app }) => app).join('');

describe('the applications of an instruction', () => {
  it('come after those that they need', () => {
    const members = [member('a', ['b', 'c']), member('b', ['c']), member('c'), member('d')];
    expect(apps(inDependencyOrder(members))).toBe('cbad');
  });

  it('belong together when one needs the other, over any number of steps, in either direction', () => {
    const members = [member('a', ['b']), member('b', ['c']), member('c'), member('d', ['c']), member('e')];
    for (const app of 'abcd') expect(apps(dependentSet(id(app), members))).toBe('cbad');
    expect(apps(dependentSet(id('e'), members))).toBe('e');
  });

  it('that need each other in a circle still have an order', () => {
    expect(apps(inDependencyOrder([member('a', ['b']), member('b', ['a'])]))).toBe('ba');
  });

  it('wait until all that belong together are ready, and then for those that they need', () => {
    const members = (b: InstallState) => [member('a', ['b']), member('b', [], { state: b })];
    expect(gateOfStaged(id('a'), members('downloading')).kind).toBe('waits');
    expect(gateOfStaged(id('a'), members('staged'))).toEqual({
      kind: 'waits',
      text: 'waits for b.v1.tar.gz, which belongs to it',
    });
    expect(gateOfStaged(id('b'), members('staged')).kind).toBe('open');
    expect(gateOfStaged(id('a'), members('probation')).kind).toBe('open');
  });

  it('wait for one of which it is not known yet what it needs', () => {
    const unknown = member('b', [], { depends: undefined, state: 'downloading' });
    expect(gateOfStaged(id('a'), [member('a'), unknown]).kind).toBe('waits');
    expect(gateOfStaged(id('a'), [member('a'), { ...unknown, state: 'failed' }]).kind).toBe('open');
  });

  it('are all given up when one is, with its reason, and no others', () => {
    const lost = member('b', [], { state: 'failed', reason: 'refused: damaged\nmore' });
    const members = [member('a', ['b']), lost, member('c')];
    const reason = 'b.v1.tar.gz, which belongs to it, was not installed: refused: damaged';
    expect(gateOfStaged(id('a'), members)).toEqual({ kind: 'failed', reason });
    expect(gateOfProbation(id('a'), members)).toEqual({ kind: 'failed', reason });
    expect(gateOfStaged(id('c'), members).kind).toBe('open');
  });

  it('are kept only when all that belong together have stood their probation', () => {
    const members = (passed: boolean) => [
      member('a', ['b'], { state: 'probation' }),
      member('b', [], { state: 'probation', passed }),
    ];
    expect(gateOfProbation(id('a'), members(false)).kind).toBe('waits');
    expect(gateOfProbation(id('a'), members(true)).kind).toBe('open');
  });

  it('all come to an end, all or none of each set, whatever they need and whichever fails', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const needs = fc.array(fc.subarray(names), { minLength: 5, maxLength: 5 });
    const failing = fc.dictionary(
      fc.constantFrom(...names),
      fc.constantFrom<InstallState>('queued', 'staged', 'stopping', 'probation'),
    );
    fc.assert(
      fc.property(needs, failing, (depends, fails) => {
        let members = names.map((name, index) => member(name, depends[index] ?? [], { state: 'queued' }));
        const set = (which: Member, change: Partial<Member>) => {
          members = members.map((each) => (each.id === which.id ? { ...each, ...change } : each));
        };
        for (let isMoving = true; isMoving; ) {
          isMoving = false;
          for (const { id: which } of members) {
            const now = members.find((each) => each.id === which) as Member;
            if (['committed', 'failed', 'rolled-back'].includes(now.state)) continue;
            const to = next(now, members, fails[now.app ?? '']);
            if (to === 'passed') {
              if (now.passed) continue;
              set(now, { passed: true });
            } else if (to === undefined) continue;
            else if (to === 'committed') {
              for (const each of dependentSet(which, members)) set(each, { state: 'committed' });
            } else set(now, { state: to });
            isMoving = true;
          }
        }
        for (const each of members) {
          expect(['committed', 'failed', 'rolled-back']).toContain(each.state);
          const together = dependentSet(each.id, members);
          const all = together.every(({ state }) => state === 'committed');
          expect(all || together.every(({ state }) => state !== 'committed')).toBe(true);
          const mustFail = together.some(({ app }) => fails[app ?? ''] !== undefined);
          expect(all).toBe(!mustFail);
        }
      }),
    );
  });
});

/** What the engine does with a member next: the plan, as far as it matters here. */
function next(
  now: Member,
  members: readonly Member[],
  fails: InstallState | undefined,
): InstallState | 'passed' | undefined {
  if (now.state === 'queued') return fails === 'queued' ? 'failed' : 'staged';
  if (now.state === 'staged') {
    if (fails === 'staged') return 'failed';
    const gate = gateOfStaged(now.id, members);
    if (gate.kind === 'failed') return 'failed';
    return gate.kind === 'open' ? 'stopping' : undefined;
  }
  if (now.state === 'stopping') return fails === 'stopping' ? 'rolling-back' : 'probation';
  if (now.state === 'rolling-back') return 'rolled-back';
  if (fails === 'probation') return 'rolling-back';
  const gate = gateOfProbation(now.id, members);
  if (gate.kind === 'failed') return 'rolling-back';
  return gate.kind === 'open' ? 'committed' : 'passed';
}
