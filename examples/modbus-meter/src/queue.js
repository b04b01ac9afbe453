import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const address = process.env.GMQ_URL ?? 'http://127.0.0.1:8090';
const keyLifeMs = 60_000;

/** The gateway's message queue. It has a value on disk when it answers 204, and delivers it when there is a network. */
export class Queue {
  #cik;
  #askedAt = 0;

  /**
   * Records values, such as { voltage: 230.1 }, measured at a time in seconds since 1970. Resolves when they are on
   * disk; until then it tries again, since the queue may be restarted or full. Throws what trying again does not mend.
   */
  async record(values, seconds = Math.floor(Date.now() / 1000)) {
    const body = new URLSearchParams(
      Object.entries(values).flatMap(([alias, value]) => [
        ['alias', alias],
        [String(seconds), String(value)],
      ]),
    );
    for (let said; ; await delay(2000)) {
      const problem = await this.#problem(body);
      if (problem === undefined) return;
      // Once, and not every two seconds of an outage.
      if (problem !== said) console.log(`trying again: ${problem}`);
      said = problem;
    }
  }

  /** Gives a body to the queue; undefined when it is taken, else what stands in the way for now. */
  async #problem(body) {
    const cik = await this.#key();
    if (cik === undefined) return 'the gateway is not activated yet';
    let response;
    let reason;
    try {
      response = await fetch(`${address}/onep:v1/stack/record`, {
        method: 'POST',
        headers: { 'X-Exosite-CIK': cik },
        body,
        signal: AbortSignal.timeout(10_000),
      });
      reason = (await response.text()).trim();
    } catch (error) {
      return `no answer from the queue at ${address}: ${error.cause?.message ?? error.message}`;
    }
    if (response.status === 204) return undefined;
    if (response.status >= 500) return `the queue at ${address} answered ${response.status}`;
    throw new Error(`the queue at ${address} refused ${body}: ${response.status} ${reason}`);
  }

  /** The gateway's key. The engine obtains it when the gateway is activated, and may obtain another one later. */
  async #key() {
    if (this.#cik !== undefined && performance.now() - this.#askedAt < keyLifeMs) return this.#cik;
    const { stdout } = await promisify(execFile)('gwe', ['-C']);
    this.#askedAt = performance.now();
    // Two quotes until then.
    this.#cik = /^[0-9a-f]{40}$/.test(stdout.trim()) ? stdout.trim() : undefined;
    return this.#cik;
  }
}
