import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { malformedRequest } from '../queue/fuzz-requests.ts';
import { PointLedger } from '../queue/point-ledger.ts';
import { aliases, steadyPrograms } from '../queue/programs.ts';
import { QueueSite } from '../queue/queue-site.ts';
import { seededRandom } from '../queue/random.ts';
import { type FaultPlan, type FaultReport, settle } from './fault.ts';

export interface FuzzReport extends FaultReport {
  /** Statuses by how often they came; `none`: the connection ended without one, as it does for a request cut short. */
  readonly answers: Readonly<Record<string, number>>;
  /** Whether one process has taken it all. */
  readonly survived: boolean;
  /** Memory that the process has gained over the run, MiB, the first tenth left out. */
  readonly gainedMiB: number;
}

const simultaneous = 16;

/**
 * Malformed requests, one for each round, while programs at work send good ones, which are served throughout. What the
 * stray device gets stored or set aside of its own is not looked at; a good point that was set aside would be lost.
 */
export async function fuzzFault(plan: FaultPlan): Promise<FuzzReport> {
  const random = seededRandom(plan.seed);
  const ledger = new PointLedger();
  await using site = await QueueSite.start({ gmq: plan.gmq, aliases });
  const identity = Object.entries(site.stray.headers)
    .map((line) => line.join(': '))
    .join();
  const pid = site.gmq.pid;
  const answers = new Map<string, number>();
  let left = plan.rounds;
  let before = 0;
  const attack = async () => {
    while (left-- > 0) {
      if (!site.gmq.runs) throw new Error(`the queue ended: ${site.gmq.log.slice(-2000)}`);
      if (left === Math.floor(plan.rounds * 0.9)) before = residentMiB(pid);
      const answer = await send(site.gmq.port, malformedRequest(random, identity));
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  const programs = steadyPrograms(site, ledger);
  await Promise.all(Array.from({ length: simultaneous }, attack));
  await programs.stop();
  const gainedMiB = Math.round(residentMiB(pid) - before);
  const refused = [...programs.answers].filter(([status]) => status !== 204);
  const report = await settle(site, ledger, plan.rounds);
  return {
    ...report,
    setAside: 0,
    examples: [
      ...report.examples,
      ...refused.map(([status, count]) => `${count} good requests got ${status}`),
    ],
    answers: Object.fromEntries([...answers].sort()),
    survived: site.gmq.runs && site.gmq.pid === pid,
    gainedMiB,
  };
}

/** The status of the first answer to these bytes. The sender closes its side, so that a request cut short ends there. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(bytes));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (text.length > 12) socket.destroy();
    });
    socket.on('end', () => socket.destroy());
    socket.on('error', () => socket.destroy());
    socket.setTimeout(5_000, () => {
      text ||= 'HTTP/1.1 silence';
      socket.destroy();
    });
    socket.on('close', () => resolve(/^HTTP\/1\.1 (\w+)/.exec(text)?.[1] ?? 'none'));
  });
}

function residentMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}
