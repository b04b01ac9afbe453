import { stat } from 'node:fs/promises';
import { type Clock, describeError, parseIni, readTextIfPresent } from '@gateway-engine/host/basics';
import { dayOf, type TrafficClass } from '../accounting/entry.ts';
import { InterfaceNames } from '../accounting/interface-name.ts';
import { trafficTotals } from '../accounting/read-traffic.ts';
import { TrafficLog } from '../accounting/traffic-log.ts';
import type { Traffic } from '../traffic.ts';
import { type Budget, BudgetError, type BudgetLine, lineOf, noBudget, parseBudget } from './budget.ts';
import { Routes } from './interface-towards.ts';
import { judge, type Spent, type Verdict, waiting } from './verdict.ts';

export interface BudgetGateParts {
  /** Engine.config; looked at again when it has changed. */
  readonly engineConfig: string;
  /**
   * The accounting database, or the log by which this process writes to it; undefined: nothing is accounted for, and so
   * nothing waits.
   */
  readonly accounting: string | TrafficLog | undefined;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  /** The interface that a server is reached by; asks the system unless given. */
  readonly towards?: ((server: string) => Promise<string | undefined>) | undefined;
}

/** A line of the budget as it stands now. */
export interface BudgetState {
  readonly line: BudgetLine;
  readonly spent: Spent;
  readonly waits: readonly (Verdict & { kind: 'waits' })[];
}

/** A budget may be overrun by what other programs move in this time. */
const keptMs = 5_000;
const mayGo: Verdict = { kind: 'may', left: Number.POSITIVE_INFINITY };

/**
 * Tells each program of the gateway whether its traffic may go now: all of them look at the same limits and the same
 * accounts. What cannot be read holds nobody up; the log says so once.
 */
export class BudgetGate {
  readonly #parts: BudgetGateParts;
  readonly #towards: (server: string) => Promise<string | undefined>;
  #budget: Budget = noBudget;
  #fileStamp: string | undefined;
  #states: readonly BudgetState[] = [];
  /** Bytes of this process since the last look, by line. */
  readonly #since = new Map<string, number>();
  readonly #names: InterfaceNames;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #problem: string | undefined;

  constructor(parts: BudgetGateParts) {
    this.#parts = parts;
    this.#names = new InterfaceNames(() => parts.clock.monotonic());
    const routes = new Routes(() => parts.clock.monotonic());
    this.#towards = parts.towards ?? ((server) => routes.towards(server));
  }

  /** Whether traffic of this class may go to this server now. Without a budget that is quick. */
  async ask(trafficClass: TrafficClass, server: string): Promise<Verdict> {
    const states = await this.states();
    const { clock } = this.#parts;
    const verdicts = states.map(({ line, spent }) => ({
      line,
      verdict: judge(this.#budget, line, trafficClass, spent, clock.now()),
    }));
    // The interface counts only where one has a limit.
    if (verdicts.length === 0) return mayGo;
    const name = await this.#towards(server);
    const line = name === undefined ? undefined : lineOf(this.#budget, name);
    return verdicts.find((each) => each.line === line)?.verdict ?? mayGo;
  }

  /** To be told of each request of this process, which then counts at once. */
  add(traffic: Pick<Traffic, 'localAddress' | 'bytesSent' | 'bytesReceived'>): void {
    if (this.#budget.lines.length === 0) return;
    const line = lineOf(this.#budget, this.#names.of(traffic.localAddress));
    if (!line) return;
    const bytes = traffic.bytesSent + traffic.bytesReceived;
    this.#since.set(line.interfaces, (this.#since.get(line.interfaces) ?? 0) + bytes);
  }

  /** All lines of the budget, used and waiting. */
  async states(): Promise<readonly BudgetState[]> {
    const { clock, accounting } = this.#parts;
    if (clock.monotonic() - this.#lookedAt >= keptMs) {
      this.#lookedAt = clock.monotonic();
      try {
        await this.#readBudget();
        // What is not written yet goes on being counted here.
        const isWritten = !(accounting instanceof TrafficLog) || accounting.flush();
        this.#states = this.#measure();
        if (isWritten) this.#since.clear();
        this.#problem = undefined;
      } catch (error) {
        const problem = describeError(error);
        if (this.#problem !== problem) this.#parts.warn(`the byte budget does not count: ${problem}`);
        this.#problem = problem;
      }
    }
    return this.#states.map((state) => this.#withOwn(state));
  }

  #withOwn(state: BudgetState): BudgetState {
    const { line } = state;
    const own = this.#since.get(line.interfaces);
    if (own === undefined) return state;
    const spent = { day: state.spent.day + own, month: state.spent.month + own };
    return { line, spent, waits: waiting(this.#budget, line, spent, this.#parts.clock.now()) };
  }

  async #readBudget(): Promise<void> {
    const { engineConfig: file } = this.#parts;
    const stamp = await stampOf(file);
    if (stamp === this.#fileStamp) return;
    this.#budget = parseBudget(parseIni((await readTextIfPresent(file)) ?? '', { file }).get('budget'), file);
    this.#fileStamp = stamp;
  }

  #measure(): BudgetState[] {
    const { accounting, clock } = this.#parts;
    if (this.#budget.lines.length === 0) return [];
    if (accounting === undefined)
      throw new BudgetError('no traffic is accounted for: GWE_TRAFFIC_DB is empty');
    const now = clock.now();
    const today = dayOf(now);
    const file = typeof accounting === 'string' ? accounting : accounting.file;
    const sum = (fromDay: string) => this.#spentSince(file, fromDay, today);
    const [ofDay, ofMonth] = [sum(today), sum(`${today.slice(0, 7)}-01`)];
    return this.#budget.lines.map((line) => {
      const spent = { day: ofDay.get(line) ?? 0, month: ofMonth.get(line) ?? 0 };
      return { line, spent, waits: waiting(this.#budget, line, spent, now) };
    });
  }

  #spentSince(file: string, fromDay: string, toDay: string): Map<BudgetLine, number> {
    const spent = new Map<BudgetLine, number>();
    for (const total of trafficTotals(file, { fromDay, toDay })) {
      const line = lineOf(this.#budget, total.interface);
      if (line) spent.set(line, (spent.get(line) ?? 0) + total.tot_rx + total.tot_tx);
    }
    return spent;
  }
}

/** Another one after each change of the file. */
async function stampOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'none';
    throw error;
  }
}
