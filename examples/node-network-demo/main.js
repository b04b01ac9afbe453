/** Records every ten seconds how many bytes the gateway has received from the network, as the resource network_rx. */
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Queue } from './queue.js';

/** All interfaces but the loopback, as the kernel counts since the start. */
function receivedBytes(table) {
  const interfaces = table.split('\n').flatMap((line) => {
    const [name, counters] = line.split(':');
    return counters === undefined || name.trim() === 'lo' ? [] : [Number(counters.trim().split(/\s+/)[0])];
  });
  return interfaces.reduce((sum, bytes) => sum + bytes, 0);
}

const queue = new Queue();
for (let count = 1; ; count++) {
  const bytes = receivedBytes(await readFile('/proc/net/dev', 'utf8'));
  await queue.record({ network_rx: bytes });
  if (count % 30 === 1) console.log(`network_rx=${bytes}, ${count} values so far`);
  await delay(10_000);
}
