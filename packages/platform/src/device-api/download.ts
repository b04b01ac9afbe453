import { type FileHandle, open } from 'node:fs/promises';
import type { Content } from '../store/port.ts';
import { type Answer, noContent, Refusal } from './answer.ts';
import { authenticate } from './authenticate.ts';
import { type Call, type DeviceApiParts, headerOf } from './call.ts';
import { rangedAnswer } from './ranged-answer.ts';
import { parseForm } from './read-form.ts';

const csv = { 'Content-Type': 'text/csv; charset=utf-8' };

/** `GET /provision/download`: list, info or bytes of content, for a device of the product (spec section 5.2). */
export async function download(parts: DeviceApiParts, call: Call): Promise<Answer> {
  const device = await authenticate(parts, call);
  const query = new Map(parseForm(call.query));
  const [vendor, model, id] = ['vendor', 'model', 'id'].map((name) => query.get(name) || undefined);
  const wantsInfo = id !== undefined && query.get('info') === 'true';
  if (vendor === undefined || model === undefined) throw new Refusal(400);
  if (vendor !== device.product || model !== device.product) throw new Refusal(wantsInfo ? 400 : 403);
  if (id === undefined) return list(await parts.store.contents(model));
  if (!wantsInfo) return blob(parts, model, id, headerOf(call.request, 'range'));
  const content = await find(parts, model, id);
  const fields = [content.contentType, content.size, content.updated, content.meta];
  return { status: 200, headers: csv, body: fields.map(csvField).join(',') };
}

function list(contents: readonly Content[]): Answer {
  if (contents.length === 0) return noContent;
  return { status: 200, headers: csv, body: contents.map(({ id }) => id).join('\r\n') };
}

/** Clients cut the line at its commas: a field that has some is quoted. */
function csvField(field: string | number): string {
  const text = String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

async function blob(
  parts: DeviceApiParts,
  product: string,
  id: string,
  rangeHeader: string | undefined,
): Promise<Answer> {
  const { content, file } = await openBlob(parts, product, id);
  return await rangedAnswer({ file, size: content.size, contentType: content.contentType }, rangeHeader);
}

async function openBlob(
  parts: DeviceApiParts,
  product: string,
  id: string,
): Promise<{ content: Content; file: FileHandle }> {
  const content = await find(parts, product, id);
  try {
    return { content, file: await openWhole(content) };
  } catch (error) {
    // Replaced by another upload since we looked: its row names another file.
    const now = await find(parts, product, id);
    if (now.blob === content.blob) throw error;
    return { content: now, file: await openWhole(now) };
  }
}

/** A file that lost bytes must not be sent: the client would wait for the rest of what was promised. */
async function openWhole(content: Content): Promise<FileHandle> {
  const file = await open(content.blob);
  const { size } = await file.stat();
  if (size === content.size) return file;
  await file.close();
  throw new Error(`the file of content ${content.id} has ${size} bytes instead of ${content.size}`);
}

async function find(parts: DeviceApiParts, product: string, id: string): Promise<Content> {
  const content = await parts.store.content(product, id);
  if (!content) throw new Refusal(404);
  return content;
}
