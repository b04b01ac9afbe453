import { runCommand } from '@gateway-engine/host';

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
  const end = performance.now() + Number(seconds) * 1000;
  const began = performance.now();
  let taken = 0;
  await Promise.all(
    Array.from({ length: Number(inFlight) }, async () => {
      while (performance.now() < end) {
        await stream.publish('points.temperature', body);
        taken++;
      }
    }),
  );
  process.stdout.write(`${JSON.stringify({ taken, seconds: (performance.now() - began) / 1000 })}\n`);
  await connection.close();
});
