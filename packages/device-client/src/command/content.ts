import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory, UsageError } from '@gateway-engine/host/basics';
import type { Command } from 'commander';
import type { ProductName } from '../calls.ts';
import type { DeviceClient } from '../device-client.ts';
import { DeviceApiError, NetworkError, ProtocolError, TimeoutError } from '../errors.ts';
import { checkedKey, print, wantsJson, withClient } from './client.ts';
import type { Terminal } from './terminal.ts';

/** How often a download that was cut goes on from where it was. */
const resumptions = 5;

export async function listContent(gdc: Command, terminal: Terminal, cik: string, product: ProductName) {
  const ids = await withClient(gdc, { cik: checkedKey(cik), vendor: product.vendor }, (client) =>
    client.listContent(product),
  );
  if (wantsJson(gdc)) print(terminal, JSON.stringify(ids));
  else for (const id of ids) print(terminal, id);
}

export async function showContent(
  gdc: Command,
  terminal: Terminal,
  cik: string,
  product: ProductName,
  id: string,
) {
  const info = await withClient(gdc, { cik: checkedKey(cik), vendor: product.vendor }, (client) =>
    client.contentInfo(product, id).catch((error: unknown) => explain(error, id)),
  );
  if (wantsJson(gdc)) return print(terminal, JSON.stringify(info));
  print(terminal, `type ${info.contentType}`);
  print(terminal, `size ${info.size}`);
  print(terminal, `updated ${new Date(info.updated * 1000).toISOString()}`);
  print(terminal, `meta ${info.meta}`);
}

/** Downloads to a file, which is there whole or not at all, or to standard output for `-`. */
export async function getContent(
  gdc: Command,
  terminal: Terminal,
  cik: string,
  product: ProductName,
  id: string,
  given: string | undefined,
) {
  const file = given ?? id;
  if (given === undefined && /[/\\]|^\.{0,2}$/.test(id)) {
    throw new UsageError(`"${id}" cannot be a file name here; name the FILE to write`);
  }
  await withClient(gdc, { cik: checkedKey(cik), vendor: product.vendor }, async (client) => {
    if (file === '-')
      return await copy(client, product, id, async (bytes) => toStream(terminal.stdout, bytes));
    const unfinished = `${file}.part`;
    const output = await open(unfinished, 'w');
    try {
      await copy(client, product, id, async (bytes) => output.appendFile(bytes));
      await output.sync();
      await output.close();
      await rename(unfinished, file);
    } catch (error) {
      await output.close();
      await rm(unfinished, { force: true });
      throw error;
    }
    await syncDirectory(dirname(file));
  });
}

async function toStream(stream: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function copy(
  client: DeviceClient,
  product: ProductName,
  id: string,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  let written = 0;
  let known: { readonly total: number; readonly updated: number } | undefined;
  for (let tries = 0; ; tries++) {
    try {
      const { updated } = await client.contentInfo(product, id);
      const { status, total, body } = await client.download(product, id, { from: written });
      if (known && (known.total !== total || known.updated !== updated)) {
        throw new ProtocolError(`"${id}" was replaced while it was downloaded; start again`);
      }
      known = { total, updated };
      let skip = status === 206 ? 0 : written;
      for await (const chunk of body) {
        const bytes = chunk.subarray(skip);
        skip -= chunk.length - bytes.length;
        await take(bytes);
        written += bytes.length;
      }
      return;
    } catch (error) {
      const cut = error instanceof NetworkError || error instanceof TimeoutError;
      if (!cut || written === 0 || tries >= resumptions) return explain(error, id);
    }
  }
}

function explain(error: unknown, id: string): never {
  if (error instanceof DeviceApiError && error.status === 404) {
    throw new UsageError(`the product has no content "${id}"; gdc content list shows what it has`, {
      cause: error,
    });
  }
  throw error;
}
