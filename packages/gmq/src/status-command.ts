import { UsageError } from '@gateway-engine/host';
import { z } from 'zod';
import { callRunning, type LocalAnswer } from './local-call.ts';
import type { Settings } from './settings.ts';
import { type Figures, type MqttCounts, type QueueStatus, readStatus, withLive } from './status.ts';

/** `gmq status`: from the database, with the rates of the queue that runs, if it does. Throws UsageError. */
export async function askStatus(settings: Settings): Promise<QueueStatus> {
  const status = readStatus(settings.databaseFile);
  let answer: LocalAnswer;
  try {
    answer = await callRunning(settings, 'GET', '/status');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return status;
  }
  const told = answer.status === 200 ? toldShape.safeParse(parseJson(answer.body)) : undefined;
  // It may be of another version, or work on another queue.
  if (!told?.success || told.data.database !== status.database) return status;
  const { identities, mqtt } = told.data;
  return withLive(status, new Map(identities.map(({ id, rates }) => [id, rates])), mqtt);
}

const toldShape = z.object({
  database: z.string(),
  identities: z.array(
    z.object({ id: z.number(), rates: z.object({ accepted: z.number(), uploaded: z.number() }) }),
  ),
  mqtt: z
    .object({ connections: z.number(), stored: z.number(), dropped: z.number(), refused: z.number() })
    .nullable(),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The status as lines for a person. `now` in seconds. */
export function formatStatus(status: QueueStatus, now: number): string {
  const lines = [
    `queue      ${status.database}, ${inBytes(status.fileBytes)} on disk${status.running ? '' : ', gmq does not answer'}`,
    `waiting    ${waiting(status, now)}`,
    ...(status.rates ? [`rates      ${rates(status)}`] : []),
    `set aside  ${setAside(status)}`,
    ...losses(status).map((text) => `given up   ${text}`),
    ...(status.mqtt ? [`MQTT       ${messages(status.mqtt)}`] : []),
    ...status.corruptedFiles.map((name) => `corrupted  ${name} was set aside`),
  ];
  for (const one of status.identities) {
    const name = one.serial === null ? 'by key' : `${one.vendor} ${one.model} ${one.serial}`;
    lines.push('', `${name}  (key ${one.cik ?? 'not obtained yet'})`, `  waiting ${waiting(one, now)}`);
    if (one.rates && one.rates.accepted + one.rates.uploaded > 0) lines.push(`  ${rates(one)}`);
    lines.push(
      `  accepted ${one.accepted}, uploaded ${one.uploaded}, merged ${one.merged}, set aside ${setAside(one)}`,
      ...losses(one).map((text) => `  given up: ${text}`),
    );
    if (one.problem !== null) lines.push(`  problem: ${one.problem}`);
  }
  if (status.newestDeadLetters.length > 0) lines.push('', 'set aside last:');
  for (const letter of status.newestDeadLetters) {
    lines.push(`  ${letter.identity} ${letter.alias} at ${letter.at}: ${letter.reason}`);
  }
  return lines.join('\n');
}

function waiting({ waiting, bytes, oldest }: Figures, now: number): string {
  const age = oldest === null ? '' : `, the oldest for ${Math.max(0, now - oldest)} s`;
  return `${waiting}${waiting > 0 ? `, ${inBytes(bytes)}` : ''}${age}`;
}

function rates(figures: Figures): string {
  const { accepted, uploaded } = figures.rates ?? { accepted: 0, uploaded: 0 };
  return `${accepted}/s in, ${uploaded}/s out, over the last minute`;
}

function setAside({ refused, deadLetters }: Figures): string {
  return refused > deadLetters ? `${refused}, of which the newest ${deadLetters} are kept` : `${refused}`;
}

function losses({ dropped, expired }: Figures): string[] {
  return [
    ...(dropped > 0 ? [`${dropped} dropped, since the queue was full`] : []),
    ...(expired > 0 ? [`${expired} expired`] : []),
  ];
}

function messages({ connections, stored, dropped, refused }: MqttCounts): string {
  return `${connections} connections, messages since the start: ${stored} stored, ${dropped} dropped, ${refused} refused`;
}

function inBytes(bytes: number): string {
  if (bytes < 10_000) return `${bytes} bytes`;
  if (bytes < 10_000_000) return `${Math.round(bytes / 1024)} KB`;
  return `${Math.round(bytes / 1024 ** 2)} MB`;
}
