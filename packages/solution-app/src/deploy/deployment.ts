import type { Value } from '@gateway-engine/platform/admin-api';
import { readEngineReport } from '../reports/engine-report.ts';
import { parseTarballName } from './tarball-name.ts';

/**
 * One deployment as the platform's data tell it: the request, the gateway clearing `engine_fetch`, what it writes to
 * `fetch_status`, and the versions it reports. Plain data, kept over a reload of the page; `observe` is the one
 * function that changes it.
 */
export interface Deployment {
  readonly install: readonly string[];
  /** The text written to `engine_fetch`. */
  readonly request: string;
  readonly requestedAt: number;
  /** `fetch_status` as it was before: not news. */
  readonly statusBefore: Value | null;
  /** Versions by application in the newest report seen. */
  readonly versions: Readonly<Record<string, string>>;
  /** In the order of their times. */
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'taken'; readonly at: number }
  | { readonly kind: 'replaced'; readonly at: number }
  | { readonly kind: 'status'; readonly at: number; readonly text: string }
  | {
      readonly kind: 'version';
      readonly at: number;
      readonly app: string;
      readonly from: string | undefined;
      readonly to: string;
    };

export interface Observation {
  readonly engineFetch: Value | null;
  readonly engineReport: Value | null;
  /** Points of `fetch_status`, any order; older ones do no harm. */
  readonly statuses: readonly Value[];
}

const MAX_STEPS = 100;

export function startDeployment(
  request: { install: readonly string[]; engine_fetch: string; ts: number },
  before: { engineReport: Value | null; fetchStatus: Value | null },
): Deployment {
  return {
    install: request.install,
    request: request.engine_fetch,
    requestedAt: request.ts,
    statusBefore: before.fetchStatus,
    versions: versionsOf(before.engineReport),
    steps: [],
  };
}

/** The deployment with what is new in `seen`; the same object when nothing is. */
export function observe(deployment: Deployment, seen: Observation): Deployment {
  const news = [...handover(deployment, seen.engineFetch), ...statusSteps(deployment, seen.statuses)];
  const versions =
    seen.engineReport !== null && seen.engineReport.ts >= deployment.requestedAt
      ? { ...deployment.versions, ...versionsOf(seen.engineReport) }
      : deployment.versions;
  for (const [app, to] of Object.entries(versions)) {
    const from = Object.hasOwn(deployment.versions, app) ? deployment.versions[app] : undefined;
    if (from !== to) news.push({ kind: 'version', at: seen.engineReport?.ts ?? 0, app, from, to });
  }
  if (news.length === 0) return deployment;
  const steps = deployment.steps.filter((step) => !news.some((other) => replaces(other, step)));
  const merged = [...steps, ...news].toSorted((a, b) => a.at - b.at).slice(-MAX_STEPS);
  return { ...deployment, versions, steps: merged };
}

function handover(deployment: Deployment, engineFetch: Value | null): Step[] {
  if (engineFetch === null || engineFetch.ts < deployment.requestedAt) return [];
  if (engineFetch.value === deployment.request) return [];
  if (deployment.steps.some(({ kind }) => kind === 'taken' || kind === 'replaced')) return [];
  return [{ kind: engineFetch.value === '' ? 'taken' : 'replaced', at: engineFetch.ts }];
}

function statusSteps(deployment: Deployment, statuses: readonly Value[]): Step[] {
  const before = deployment.statusBefore;
  return statuses.flatMap((status): Step[] => {
    if (status.ts < deployment.requestedAt || status.value === '') return [];
    if (status.ts === before?.ts && status.value === before.value) return [];
    const step: Step = { kind: 'status', at: status.ts, text: status.value };
    const known = deployment.steps.some((old) => replaces(step, old) && same(step, old));
    return known ? [] : [step];
  });
}

/** A resource has one value per second: a later write within it replaces the earlier one. */
function replaces(step: Step, old: Step): boolean {
  return step.kind === 'status' && old.kind === 'status' && step.at === old.at;
}

function same(a: Step, b: Step): boolean {
  return a.kind === 'status' && b.kind === 'status' && a.text === b.text;
}

function versionsOf(engineReport: Value | null): Record<string, string> {
  const report = readEngineReport(engineReport?.value);
  if (report.kind !== 'read') return {};
  // One without a version is there and not installed: a first version on probation, or a program of another's.
  const installed = report.value.apps.filter(({ version }) => version !== '');
  return Object.fromEntries(installed.map(({ name, version }) => [name, version]));
}

/**
 * `waiting`: the gateway has not seen the request; `working`: it has, and has not said how it went; `answered`: it
 * wrote `fetch_status`; `reported`: it reports every version that was asked for; `replaced`: a later request took its place.
 */
export type Progress = 'waiting' | 'working' | 'answered' | 'reported' | 'replaced';

export function progressOf(deployment: Deployment): Progress {
  const kinds = new Set(deployment.steps.map(({ kind }) => kind));
  if (kinds.has('replaced')) return 'replaced';
  if (deployment.install.every((file) => isReported(deployment, file))) return 'reported';
  if (kinds.has('status')) return 'answered';
  return kinds.has('taken') || kinds.has('version') ? 'working' : 'waiting';
}

/** A version that was there before proves nothing: the gateway has to report the change, and not have gone back on it. */
function isReported(deployment: Deployment, file: string): boolean {
  const name = parseTarballName(file);
  if (name === undefined || deployment.versions[name.app] !== name.version) return false;
  return deployment.steps.some((step) => step.kind === 'version' && step.app === name.app);
}

/** Whether news of it is expected soon. */
export function isUnderWay(deployment: Deployment): boolean {
  const progress = progressOf(deployment);
  return progress === 'waiting' || progress === 'working' || progress === 'answered';
}
