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

// The client acknowledges a message when this is done: the queue has it on disk then. One message at a time, so that a
// queue that takes nothing holds up the broker and not the memory of this program.
client.handleMessage = (packet, done) => {
  take(packet).then(
    () => done(),
    (error) => {
      // Sent again it would be no better.
      console.log(`left out a message of ${packet.topic}: ${error.message}`);
      done();
    },
  );
};

async function take({ topic, payload }) {
  const entries = topics.get(topic);
  if (entries) await queue.record(valuesOf(entries, payload));
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
