import { isObject, type JsonObject, numberOf, type Report, readReport, textOf } from './report.ts';

/** `{"apps": [{"<name>": {"exitstatus", "status", "uptime", "version"}}, ...]}` */
export interface EngineReport {
  readonly engineVersion: string | undefined;
  readonly apps: readonly App[];
  readonly waits: readonly BudgetWait[];
}

/** Traffic that the gateway's byte budget holds back. */
export interface BudgetWait {
  readonly interface: string;
  readonly class: string;
  /** Seconds since 1970. */
  readonly until: number | undefined;
  readonly because: string;
}

export interface App {
  readonly name: string;
  readonly version: string;
  /** The supervisor's word in upper case; empty for an application that has no process. */
  readonly status: string;
  /** Seconds, or the text as it came when it is no length of time. */
  readonly uptime: number | string | undefined;
  readonly exitStatus: string;
  /** How often its supervisor started it by itself. */
  readonly restarts: number | undefined;
  /** Bytes, descendants included. */
  readonly memory: number | undefined;
  /** Why it last failed; empty when it has not. */
  readonly lastError: string;
  /** The version that is on probation; empty when none is. */
  readonly probation: string;
  /** What an install of it waits for, in a word; empty when none waits. */
  readonly waiting: string;
}

export function readEngineReport(text: string | null | undefined): Report<EngineReport> {
  return readReport(text, engineReportOf);
}

function engineReportOf(json: JsonObject): EngineReport | string {
  if (!Array.isArray(json.apps)) return 'it has no list "apps"';
  // An application named twice: the later entry counts.
  const apps = new Map<string, App>();
  for (const entry of json.apps) {
    if (!isObject(entry)) return 'an entry of "apps" is not an object';
    for (const [name, facts] of Object.entries(entry)) {
      if (!isObject(facts)) return `the entry of ${JSON.stringify(name.slice(0, 100))} is not an object`;
      apps.set(name, {
        name,
        version: textOf(facts.version),
        status: textOf(facts.status).toUpperCase(),
        uptime: uptimeOf(facts.uptime),
        exitStatus: textOf(facts.exitstatus),
        restarts: numberOf(facts.restarts),
        memory: numberOf(facts.memory),
        lastError: textOf(facts.last_error),
        probation: textOf(facts.probation),
        waiting: textOf(facts.waiting),
      });
    }
  }
  const engine = isObject(json.engine) ? textOf(json.engine.version) : '';
  const waits = isObject(json.engine) ? waitsOf(json.engine.waits) : [];
  return { engineVersion: engine === '' ? undefined : engine, apps: [...apps.values()], waits };
}

function waitsOf(waits: unknown): BudgetWait[] {
  if (!Array.isArray(waits)) return [];
  return waits.filter(isObject).map((wait) => ({
    interface: textOf(wait.interface),
    class: textOf(wait.class),
    until: numberOf(wait.until),
    because: textOf(wait.because),
  }));
}

/** A report is as old as its last change: what was up then has been up for longer by now. Seconds or text. */
export function uptimeNow(
  { status, uptime }: App,
  reportedAt: number,
  now: number,
): number | string | undefined {
  if (typeof uptime !== 'number') return uptime;
  return status === 'RUNNING' ? uptime + Math.max(0, now - reportedAt) : uptime;
}

/** Seconds, or the supervisor's own `0:00:20` and `3 days, 1:02:03`. */
export function uptimeOf(value: unknown): number | string | undefined {
  const seconds = numberOf(value);
  if (seconds !== undefined) return seconds;
  const text = textOf(value).trim();
  const parts = /^(?:(\d{1,6}) days?,? )?(\d{1,6}):([0-5]\d):([0-5]\d)$/.exec(text);
  if (parts === null) return text === '' ? undefined : text;
  const [days, hours, minutes, rest] = parts.slice(1).map((part) => Number(part ?? 0));
  return (days ?? 0) * 86_400 + (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (rest ?? 0);
}

export type AppHealth = 'good' | 'busy' | 'bad' | 'idle';

/** What the supervisor's word means to an operator. */
export function healthOf(app: Pick<App, 'status' | 'exitStatus'>): AppHealth {
  switch (app.status) {
    case 'RUNNING':
      return 'good';
    case 'STARTING':
    case 'STOPPING':
      return 'busy';
    case 'BACKOFF':
    case 'FATAL':
    case 'UNKNOWN':
      return 'bad';
    case 'EXITED':
      return app.exitStatus === '0' || app.exitStatus === '' ? 'idle' : 'bad';
    default:
      return 'idle';
  }
}
