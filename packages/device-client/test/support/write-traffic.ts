/** A program that accounts for requests and ends without closing its log: FILE PROGRAM NUMBER. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TrafficLog } from '../../src/index.ts';

const [file = '', program = '', number = ''] = process.argv.slice(2);
const log = new TrafficLog({ file, flushMs: 5 });
for (let index = 0; index < Number(number); index++) {
  log.append({
    time: Date.UTC(2026, 0, 1),
    program,
    interface: 'eth0',
    class: 'data',
    method: 'write',
    host: 'host',
    sent: 10,
    received: 10,
    status: 204,
    duration: 1,
  });
  if (index % 20 === 0) await sleep(2);
}
