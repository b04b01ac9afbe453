import { runCommand } from '@gateway-engine/host';
import { keepPublishing } from './keep-publishing.ts';

/** A publisher to JetStream, a process of its own as the load generator is: PORT IN_FLIGHT SECONDS and the folders of
 * the client's packages. */
await runCommand('jetstream', async () => {
  const [port = '', inFlight = '', seconds = '', ...folders] = process.argv.slice(2);
  const [{ connect }, { jetstream, jetstreamManager }] = await Promise.all(
    folders.map((folder) => import(`${folder}/lib/mod.js`)),
  );
  const connection = await connect({ servers: `127.0.0.1:${port}` });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: 'points', subjects: ['points.>'], storage: 'file' });
  const stream = jetstream(connection);
  const body = new TextEncoder().encode('alias=temperature&1700000000=21.5');
  const figures = await keepPublishing(Number(inFlight), Number(seconds), () =>
    stream.publish('points.temperature', body),
  );
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  await connection.close();
});
