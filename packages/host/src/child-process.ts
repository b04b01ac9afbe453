import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface FinishedProcess {
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard output and error in the order they came, cut in the middle when longer than the limit. */
  readonly output: string;
  readonly timedOut: boolean;
}

/**
 * Runs a program to its end in a process group of its own, so that a time-out or an abort ends its children too.
 * Rejects only when the program cannot be started (ENOENT, EACCES, ...).
 */
export function runToEnd(
  command: string,
  args: readonly string[],
  options: {
    cwd?: string;
    env?: NodeJS.ProcessEnv;
    timeoutMs?: number;
    maxOutputBytes?: number;
    signal?: AbortSignal;
    /** Called with the process's id, which is its group's too, before anything else can happen. */
    onStart?: (pid: number) => void;
  } = {},
): Promise<FinishedProcess> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.pid !== undefined) options.onStart?.(child.pid);
    const output = new BoundedOutput(options.maxOutputBytes ?? 64 * 1024);
    child.stdout.on('data', (chunk: Buffer) => output.add(chunk));
    child.stderr.on('data', (chunk: Buffer) => output.add(chunk));
    let timedOut = false;
    const end = () => {
      if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            end();
          }, options.timeoutMs);
    options.signal?.addEventListener('abort', end, { once: true });
    if (options.signal?.aborted) end();
    const finish = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', end);
    };
    child.on('error', (error) => {
      finish();
      reject(error);
    });
    child.on('exit', (exitCode, signal) => {
      // From here on a time-out or an abort would hit only what the program left running on purpose.
      finish();
      // A grandchild that keeps the pipe open (a daemon started by an installer) must not hold us up.
      const drained = setTimeout(() => closed(), 500);
      const closed = () => {
        clearTimeout(drained);
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ exitCode, signal, output: output.text(), timedOut });
      };
      child.on('close', closed);
    });
  });
}

/** Sends a signal to a process group. False when there is no such group any more. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

/**
 * When a process started, in clock ticks since boot (field 22 of /proc/PID/stat): with the pid it names one process
 * for good, even after the pid is used again. Undefined when there is no such process, or only a zombie of it.
 */
export function processStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the name in parentheses and may hold blanks and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

class BoundedOutput {
  readonly #limit: number;
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer = Buffer.alloc(0);
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = 2 * Math.ceil(limit / 2);
  }

  add(chunk: Buffer): void {
    const room = Math.max(0, this.#limit / 2 - this.#headBytes);
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      this.#head.push(first);
      this.#headBytes += first.length;
    }
    const joined = Buffer.concat([this.#tail, chunk.subarray(first.length)]);
    const over = Math.max(0, joined.length - this.#limit / 2);
    this.#dropped += over;
    this.#tail = joined.subarray(over);
  }

  text(): string {
    const gap = this.#dropped > 0 ? `\n[... ${this.#dropped} bytes left out ...]\n` : '';
    return Buffer.concat([...this.#head, Buffer.from(gap), this.#tail]).toString('utf8');
  }
}
