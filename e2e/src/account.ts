/** Accounts for requests one by one, as fast as the file takes them: account.ts FILE COUNT */
import { setTimeout as sleep } from 'node:timers/promises';
import { TrafficLog } from '@gateway-engine/device-client';

const [file = '', count = '0'] = process.argv.slice(2);
const log = new TrafficLog({ file });
for (let n = 0; n < Number(count); n++) {
  log.append({
    time: 0,
    program: 'together',
    interface: 'eth0',
    class: 'data',
    method: 'write',
    host: 'h',
    sent: 2,
    received: 1,
    status: 204,
    duration: 0,
  });
  while (!log.flush()) await sleep(5);
}
log.close();
