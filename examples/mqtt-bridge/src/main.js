/** Takes messages of sensors from an MQTT broker, and records them in the gateway's message queue. */
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import mqtt from 'mqtt';
import { Queue } from './queue.js';
import { parseTopics, valuesOf } from './topics.js';

const { BROKER, USERNAME, PASSWORD, GWE_APP_CONFIG } = process.env;

function topicsFile() {
  const own = `${GWE_APP_CONFIG}/TOPICS`;
  return existsSync(own) ? own : 'topics.json';
}

const topics = parseTopics(readFileSync(topicsFile(), 'utf8'));
const queue = new Queue();

// The broker keeps what comes for a session that it knows by its name, while this program or the network is away.
const client = mqtt.connect(BROKER, {
  clientId: `mqtt-bridge-${hostname()}`,
  clean: false,
  ...(USERNAME ? { username: USERNAME, password: PASSWORD } : {}),
});

let last = Promise.resolve();
// The client acknowledges a message when this is done: the queue has it on disk then.
client.handleMessage = (packet, done) => {
  const receivedAt = Math.floor(Date.now() / 1000);
  // One after the other, also those that come again by a new connection while an earlier one still waits for the queue.
  last = last.then(() => take(packet, receivedAt)).then(done);
};

async function take({ topic, payload }, receivedAt) {
  const entries = topics.get(topic);
  if (!entries) return;
  try {
    await queue.record(valuesOf(entries, payload), receivedAt);
  } catch (error) {
    // Sent again it would be no better, so that it is acknowledged too.
    console.log(`left out a message of ${topic}: ${error.message}`);
  }
}

client.on('connect', () => {
  console.log(`connected to ${BROKER}`);
  // At least once: what was not acknowledged is sent again.
  client.subscribe([...topics.keys()], { qos: 1 }, (error, granted) => {
    if (error) console.log(`cannot subscribe: ${error.message}`);
    for (const { topic, qos } of granted ?? [])
      if (qos > 2) console.log(`the broker refuses the topic ${topic}`);
  });
});
client.on('error', (error) => console.log(`${BROKER}: ${error.message}`));
client.on('offline', () => console.log(`${BROKER} is away, trying again`));
