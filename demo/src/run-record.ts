import {
  processStartTime,
  readTextIfPresent,
  signalGroup,
  systemClock,
  writeDurably,
} from '@gateway-engine/host';

/** A process named for good: a pid can be used again, a pid with its start time cannot. */
interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

interface RecordedRun {
  readonly demo: ProcessIdentity;
  readonly children: readonly ProcessIdentity[];
}

/**
 * Who runs in a state folder, on disk: so that a second demo in it is refused, and what a killed one left behind is
 * stopped.
 */
export class RunRecord {
  readonly #file: string;
  #children: ProcessIdentity[] = [];
  #writing: Promise<void> = Promise.resolve();
  #taken = false;

  constructor(file: string) {
    this.#file = file;
  }

  /** Throws when another demo runs here. Stops the processes of one that was killed. */
  async take(): Promise<void> {
    const last = parseRun(await readTextIfPresent(this.#file));
    if (last && isAlive(last.demo) && last.demo.pid !== process.pid) {
      throw new Error(
        `a demo is running in this folder already (pid ${last.demo.pid}); stop it with Ctrl-C or kill ${last.demo.pid}`,
      );
    }
    this.#taken = true;
    for (const child of last?.children ?? []) await stopLeftOver(child);
    await this.#write();
  }

  add(pid: number): void {
    const startTime = processStartTime(pid);
    if (startTime === undefined) return;
    this.#children = [...this.#children.filter(isAlive), { pid, startTime }];
    this.#writing = this.#writing.then(() => this.#write());
  }

  /** Forgets this run; does nothing when it was never ours. */
  async release(): Promise<void> {
    if (!this.#taken) return;
    await this.#writing;
    this.#children = [];
    await writeDurably(this.#file, '{}\n');
  }

  async #write(): Promise<void> {
    const run: RecordedRun = {
      demo: { pid: process.pid, startTime: processStartTime(process.pid) ?? '' },
      children: this.#children,
    };
    await writeDurably(this.#file, `${JSON.stringify(run)}\n`);
  }
}

function isAlive(identity: ProcessIdentity): boolean {
  return processStartTime(identity.pid) === identity.startTime;
}

async function stopLeftOver(child: ProcessIdentity): Promise<void> {
  if (!isAlive(child)) return;
  process.kill(child.pid, 'SIGTERM');
  const patience = systemClock.monotonic() + 20_000;
  while (isAlive(child) && systemClock.monotonic() < patience) await systemClock.sleep(50);
  if (isAlive(child)) signalGroup(child.pid, 'SIGKILL');
}

function parseRun(text: string | undefined): RecordedRun | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as Partial<RecordedRun>;
    if (!isIdentity(value.demo)) return undefined;
    return {
      demo: value.demo,
      children: Array.isArray(value.children) ? value.children.filter(isIdentity) : [],
    };
  } catch {
    // Damaged: then nothing is known of an earlier run.
    return undefined;
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime } = value as Partial<ProcessIdentity>;
  return Number.isInteger(pid) && Number(pid) > 1 && typeof startTime === 'string';
}
