import { FakeClock } from '@gateway-engine/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noExtras, type RestartPolicy } from '../../src/config/extras.ts';
import type { ProcessConfig } from '../../src/config/program.ts';
import { HostedProcess } from '../../src/process/hosted-process.ts';
import type { ProcessState } from '../../src/states.ts';
import { FakeLauncher, programConfig, silentLog } from '../support/fake-launcher.ts';

/** The rules of Supervisor in their shortest form: a state, a time at which something falls due, two counters. */
class Model {
  state: ProcessState = 'STOPPED';
  now = 0;
  started = 0;
  stopping = 0;
  failures = 0;
  pacedFailures = 0;
  restarts = false;
  launches = 0;
  killed = 0;
  failNext = false;
  child = false;
  due: { at: number; then: () => void } | undefined;
  readonly config: ProcessConfig;

  constructor(config: ProcessConfig) {
    this.config = config;
  }

  startAsked(): void {
    this.pacedFailures = 0;
    this.start();
  }

  start(): void {
    if (this.state !== 'BACKOFF') this.failures = 0;
    this.launches += 1;
    this.started = this.now;
    this.state = 'STARTING';
    this.due = undefined;
    if (this.failNext) {
      this.failNext = false;
      this.failed();
      return;
    }
    this.child = true;
    this.later(this.config.startSeconds * 1000, () => {
      this.state = 'RUNNING';
      this.failures = 0;
    });
  }

  /** Milliseconds to wait by the restart policy, after a failure; undefined: by the rules of Supervisor. */
  pace(upMs: number): number | undefined {
    const policy = this.config.extras.restart;
    if (!policy) return undefined;
    if (upMs >= policy.windowSeconds * 1000) this.pacedFailures = 0;
    this.pacedFailures += 1;
    const beyond = this.pacedFailures - this.config.startRetries;
    if (beyond <= 0) return undefined;
    return Math.min(policy.initialSeconds * policy.factor ** (beyond - 1), policy.maximumSeconds) * 1000;
  }

  restart(): void {
    if (this.state !== 'STARTING' && this.state !== 'RUNNING') return;
    this.stop();
    this.restarts = true;
  }

  stop(): void {
    this.restarts = false;
    if (this.state === 'BACKOFF' || this.state === 'EXITED') this.due = undefined;
    if (this.state === 'BACKOFF') this.state = 'STOPPED';
    if (this.state !== 'STARTING' && this.state !== 'RUNNING') return;
    this.state = 'STOPPING';
    this.stopping = this.now;
    const kill = () => {
      this.killed += 1;
      this.later(this.config.stopWaitSeconds * 1000, kill);
    };
    this.later(this.config.stopWaitSeconds * 1000, kill);
  }

  /** A supervisor is killed and another one goes on: all as before, but one that is late with SIGKILL sends it at once. */
  restore(): void {
    if (this.state === 'STOPPING' && this.due)
      this.due.at = Math.max(this.now, this.stopping + this.config.stopWaitSeconds * 1000);
  }

  end(code: number): void {
    this.child = false;
    this.due = undefined;
    const lived = this.now - this.started;
    if (this.state === 'STOPPING') {
      this.state = 'STOPPED';
      if (this.restarts) this.startAgain(this.pace(lived), 0);
    } else if (lived < this.config.startSeconds * 1000) this.failed();
    else {
      this.state = 'EXITED';
      const wanted = { always: true, never: false, unexpected: code !== 0 }[this.config.autorestart];
      if (wanted) this.startAgain(code === 0 ? undefined : this.pace(lived), Math.max(0, 1000 - lived));
    }
  }

  advance(ms: number): void {
    const end = this.now + ms;
    while (this.due && this.due.at <= end) {
      const { at, then } = this.due;
      this.now = at;
      this.due = undefined;
      then();
    }
    this.now = end;
  }

  private failed(): void {
    this.failures += 1;
    const pacedMs = this.pace(0);
    if (pacedMs !== undefined || this.config.extras.restart) {
      this.state = 'BACKOFF';
      this.later(pacedMs ?? this.failures * 1000, () => this.start());
      return;
    }
    this.state = this.failures > this.config.startRetries ? 'FATAL' : 'BACKOFF';
    if (this.state === 'BACKOFF') this.later(this.failures * 1000, () => this.start());
  }

  private startAgain(pacedMs: number | undefined, otherwiseMs: number): void {
    if (pacedMs !== undefined) this.state = 'BACKOFF';
    if (pacedMs === undefined && this.restarts) this.start();
    else this.later(pacedMs ?? otherwiseMs, () => this.start());
    this.restarts = false;
  }

  private later(ms: number, then: () => void): void {
    this.due = { at: this.now + ms, then };
  }
}

interface Real {
  process: HostedProcess;
  readonly launcher: FakeLauncher;
  readonly clock: FakeClock;
  killed: number;
}

type Step = fc.AsyncCommand<Model, Real>;

function step(
  name: string,
  possible: (model: Model) => boolean,
  act: (model: Model, real: Real) => Promise<void> | void,
): Step {
  return {
    check: possible,
    run: async (model, real) => {
      await act(model, real);
      expect(real.process.state).toBe(model.state);
      expect(real.launcher.launches).toBe(model.launches);
      expect(real.launcher.running).toBe(model.child);
      expect(real.process.pid !== 0).toBe(model.child);
      if (model.config.extras.restart) expect(real.process.paced.failures).toBe(model.pacedFailures);
      expect(real.clock.waiting).toBe(model.due ? 1 : 0);
    },
    toString: () => name,
  };
}

function advance(name: string, by: (model: Model) => number): Step {
  return step(
    name,
    () => true,
    async (model, { clock, launcher }) => {
      const ms = by(model);
      const kills = () => launcher.signals.filter((signal) => signal === 'KILL group').length;
      const [before, expectedBefore] = [kills(), model.killed];
      model.advance(ms);
      await clock.advance(ms);
      if (model.state === 'STOPPING') expect(kills() - before).toBe(model.killed - expectedBefore);
    },
  );
}

const steps = fc.commands(
  [
    fc.constant(
      step(
        'start',
        (model) => ['STOPPED', 'EXITED', 'FATAL'].includes(model.state),
        (model, { process }) => {
          model.startAsked();
          process.start();
        },
      ),
    ),
    fc.constant(
      step(
        'stop',
        () => true,
        (model, { process }) => {
          const answer =
            ['STARTING', 'RUNNING', 'BACKOFF'].includes(model.state) ||
            (model.state === 'STOPPING' && model.restarts);
          model.stop();
          expect(process.stop()).toBe(answer);
        },
      ),
    ),
    fc.constant(
      step(
        'restart',
        () => true,
        (model, { process }) => {
          model.restart();
          process.restart('Unhealthy');
        },
      ),
    ),
    fc.constantFrom(0, 1, 99).map((code) =>
      step(
        `end ${code}`,
        (model) => model.child,
        (model, { launcher }) => {
          model.end(code);
          launcher.end(code);
        },
      ),
    ),
    fc.constant(
      step(
        'next start fails',
        () => true,
        (model, { launcher }) => {
          model.failNext = true;
          launcher.failNext = true;
        },
      ),
    ),
    fc.constantFrom(0, 1, 500, 1000, 10_000).map((ms) => advance(`advance ${ms}`, () => ms)),
    fc.constant(
      step(
        'the supervisor is killed and started again',
        () => true,
        (model, real) => {
          model.restore();
          const saved = JSON.parse(JSON.stringify(real.process.snapshot()));
          real.process.retire();
          real.process = newProcess(real.process.config, real);
          real.process.restore(saved, model.child ? (ended) => real.launcher.adopt(ended) : undefined);
        },
      ),
    ),
    // Exactly to what falls due next, and to just before it: where the interesting things are.
    fc
      .constantFrom(0, 1)
      .map((early) =>
        advance(`advance to ${early} ms before the next`, (model) =>
          Math.max(0, (model.due?.at ?? model.now) - model.now - early),
        ),
      ),
  ],
  { maxCommands: 60, size: 'max' },
);

function newProcess(config: ProcessConfig, parts: Pick<Real, 'clock' | 'launcher'>): HostedProcess {
  return new HostedProcess(config, { ...parts, log: silentLog, mayStart: () => true });
}

const policy: RestartPolicy = {
  initialSeconds: 10,
  factor: 2,
  jitter: 0,
  maximumSeconds: 35,
  windowSeconds: 15,
};

const configs = fc.record({
  extras: fc.constantFrom(noExtras, { ...noExtras, restart: policy }),
  startSeconds: fc.constantFrom(0, 1, 2),
  startRetries: fc.constantFrom(0, 1, 3),
  stopWaitSeconds: fc.constantFrom(1, 3),
  autorestart: fc.constantFrom('always' as const, 'never' as const, 'unexpected' as const),
});

test('whatever happens in whatever order, the state is the one the model says', async () => {
  await fc.assert(
    fc.asyncProperty(configs, steps, async (over, commands) => {
      const config = programConfig(over);
      await fc.asyncModelRun(() => {
        const clock = new FakeClock();
        const launcher = new FakeLauncher();
        const process = newProcess(config, { clock, launcher });
        return { model: new Model(config), real: { process, launcher, clock, killed: 0 } };
      }, commands);
    }),
    { numRuns: 300 },
  );
}, 60_000);
