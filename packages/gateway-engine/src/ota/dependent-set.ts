import type { InstallState } from './states.ts';

/** An install of an instruction, as far as the others of the same instruction depend on it. */
export interface Member {
  readonly id: number;
  /** What it is called in texts: the tarball. */
  readonly title: string;
  /** Undefined when it is no application's tarball. */
  readonly app: string | undefined;
  /** Applications that it needs; undefined while that is not known. */
  readonly depends: readonly string[] | undefined;
  readonly state: InstallState;
  /** It has stood its probation. */
  readonly passed: boolean;
  readonly reason: string | undefined;
}

export type Gate =
  | { readonly kind: 'open' }
  | { readonly kind: 'waits'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

const open: Gate = { kind: 'open' };

/** All that one member is bound to, in either direction, itself included, each after those that it needs. */
export function dependentSet(id: number, members: readonly Member[]): Member[] {
  const set = new Set<Member>();
  const add = (member: Member) => {
    if (set.has(member)) return;
    set.add(member);
    for (const other of members) if (needs(member, other) || needs(other, member)) add(other);
  };
  for (const member of members) if (member.id === id) add(member);
  return inDependencyOrder(members.filter((member) => set.has(member)));
}

/** Each after those that it needs; otherwise, and in a circle, as they were. */
export function inDependencyOrder(members: readonly Member[]): Member[] {
  const ordered = new Set<Member>();
  const begun = new Set<Member>();
  const add = (member: Member) => {
    if (begun.has(member)) return;
    begun.add(member);
    for (const other of members) if (needs(member, other)) add(other);
    ordered.add(member);
  };
  for (const member of members) add(member);
  return [...ordered];
}

function needs(member: Member, other: Member): boolean {
  return member !== other && other.app !== undefined && (member.depends?.includes(other.app) ?? false);
}

const ended: ReadonlySet<InstallState> = new Set(['failed', 'rolled-back', 'rolling-back']);
const prepared: ReadonlySet<InstallState> = new Set([
  'staged',
  'stopping',
  'installing',
  'starting',
  'probation',
  'committed',
]);
const started: ReadonlySet<InstallState> = new Set(['probation', 'committed']);

/**
 * Whether a staged install may touch what runs. All that belongs to it must be ready first, since all of it is
 * installed or none; and what it needs must have been started.
 */
export function gateOfStaged(id: number, members: readonly Member[]): Gate {
  const unknown = members.find(
    (other) => other.id !== id && other.depends === undefined && !ended.has(other.state),
  );
  if (unknown) return { kind: 'waits', text: `waits to know whether ${unknown.title} belongs to it` };
  const set = dependentSet(id, members);
  const lost = lostIn(set, id);
  if (lost) return lost;
  const before = set.slice(
    0,
    set.findIndex((member) => member.id === id),
  );
  const late =
    set.find((member) => !prepared.has(member.state)) ??
    before.find((member) => !started.has(member.state) && member.id !== id);
  return late ? { kind: 'waits', text: `waits for ${late.title}, which belongs to it` } : open;
}

/** Whether an install that has stood its probation may be kept: when all that belongs to it have. */
export function gateOfProbation(id: number, members: readonly Member[]): Gate {
  const set = dependentSet(id, members);
  const lost = lostIn(set, id);
  if (lost) return lost;
  const late = set.find(
    (member) =>
      member.id !== id && member.state !== 'committed' && !(member.state === 'probation' && member.passed),
  );
  return late ? { kind: 'waits', text: `waits for ${late.title}, which belongs to it` } : open;
}

function lostIn(set: readonly Member[], id: number): Gate | undefined {
  const lost = set.find((member) => member.id !== id && ended.has(member.state));
  if (!lost) return undefined;
  const why = lost.reason === undefined ? '' : `: ${lost.reason.split('\n')[0]}`;
  return { kind: 'failed', reason: `${lost.title}, which belongs to it, was not installed${why}` };
}
