import { type RawAnswer, RawServer } from './raw-server.ts';

/** A server with these answers and a client of it, both closed when the scope ends. */
export async function served<Client extends { close(): void }>(
  answers: RawAnswer | RawAnswer[],
  clientOf: (server: string) => Client,
): Promise<{ readonly server: RawServer; readonly client: Client } & AsyncDisposable> {
  const server = await RawServer.start(answers);
  const client = clientOf(server.url);
  return {
    server,
    client,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}
