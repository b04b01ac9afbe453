import { connect } from 'node:net';
import { runCommand } from '@gateway-engine/host';
import type { LoadPlan, LoadResult } from './load.ts';

/**
 * The load generator, a process of its own: keeps one request in flight on each of its connections and counts the
 * answers. By hand over plain sockets, since an HTTP client would cost more than the servers that are measured.
 */
await runCommand('load', async () => {
  const plan = JSON.parse(process.argv[2] ?? '') as LoadPlan;
  process.stdout.write(`${JSON.stringify(await load(plan))}\n`);
});

async function load(plan: LoadPlan): Promise<LoadResult> {
  const requests = requestsOf(plan);
  const latencies: number[] = [];
  const statuses = new Map<string, number>();
  const end = performance.now() + plan.seconds * 1000;
  const began = performance.now();
  let left = plan.requests ?? Number.POSITIVE_INFINITY;
  const more = () => left-- > 0 && performance.now() < end;
  await Promise.all(
    Array.from({ length: plan.connections }, () =>
      converse(plan, requests, more, (status, ms) => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        latencies.push(ms);
      }),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0;
  return {
    taken: statuses.get('204') ?? 0,
    refused: latencies.length - (statuses.get('204') ?? 0),
    seconds,
    p50: at(0.5),
    p99: at(0.99),
    longest: at(1),
  };
}

/** One connection: the next request goes out when the answer to the last one is complete, or at the pace given. */
function converse(
  plan: LoadPlan,
  requests: Iterator<string>,
  more: () => boolean,
  answered: (status: string, ms: number) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(plan.port, '127.0.0.1').setNoDelay(true);
    let sent = 0;
    let text = '';
    const next = () => {
      if (!more()) return void socket.end();
      sent = performance.now();
      socket.write(requests.next().value ?? '', 'latin1');
    };
    socket.on('connect', next);
    socket.on('data', (chunk: Buffer) => {
      text = text === '' ? chunk.toString('latin1') : text + chunk.toString('latin1');
      if (!isWhole(text)) return;
      answered(text.slice(9, 12), performance.now() - sent);
      text = '';
      if (plan.everyMs === undefined) next();
      else setTimeout(next, Math.max(0, sent + plan.everyMs - performance.now()));
    });
    socket.on('error', reject);
    socket.on('close', () => resolve());
  });
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  // The usual answer: 204, without a body.
  if (end + 4 === text.length && text.startsWith('HTTP/1.1 204')) return true;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end + 2));
  return text.length >= end + 4 + Number(length?.[1] ?? 0);
}

/** Requests whose points have a second of their own each, and values as a sensor has them. */
function* requestsOf({ device, form, from }: LoadPlan): Generator<string, never> {
  const head = (path: string, type: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Exosite-CIK: ${device}\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;
  let second = from;
  let tenths = 215;
  const value = () => {
    tenths = Math.max(-400, Math.min(1200, tenths + Math.round(Math.random() * 4 - 2)));
    return (tenths / 10).toFixed(1);
  };
  for (;;) {
    if (form === 'record') {
      const body = `alias=temperature&${second++}=${value()}`;
      yield head('/onep:v1/stack/record', 'application/x-www-form-urlencoded', body.length) + body;
    } else {
      let body = '';
      for (let line = 0; line < form.lines; line++) {
        const alias = `sensor-${line % 10}`;
        body += `{"alias":"${alias}","value":"${value()}","at":${line % 10 === 9 ? second++ : second}}\n`;
      }
      yield head('/batch', 'application/x-ndjson', body.length) + body;
    }
  }
}
