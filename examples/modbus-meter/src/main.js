/** Reads holding registers of a Modbus TCP device, and records them in the gateway's message queue. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Meter } from './meter.js';
import { Queue } from './queue.js';
import { parseRegisters } from './registers.js';

const { DEVICE, UNIT, INTERVAL } = process.env;
const longestWait = 30;

/** Reads the device, however long it is away. */
async function reading(meter, registers) {
  for (let wait = 1; ; wait = Math.min(2 * wait, longestWait)) {
    try {
      return await meter.read(registers);
    } catch (error) {
      console.log(`cannot read ${DEVICE}, trying again in ${wait} s: ${error.message}`);
      await delay(wait * 1000);
    }
  }
}

async function run() {
  const registers = parseRegisters(readFileSync('registers.json', 'utf8'));
  const meter = new Meter(DEVICE, UNIT);
  const queue = new Queue();
  for (let count = 1; ; count++) {
    const values = await reading(meter, registers);
    await queue.record(values);
    if (count % 30 === 1) console.log(`${JSON.stringify(values)}, ${count} readings so far`);
    await delay(Number(INTERVAL) * 1000);
  }
}

run();
