import { describeError } from '@gateway-engine/host';
import {
  isFault,
  SupervisorClient,
  SupervisorFault,
  SupervisorUnreachable,
} from '@gateway-engine/supervisor';

/** What became of the engine that the supervisor runs. */
export type TakenUp =
  | { readonly kind: 'started' }
  /** There is no supervisor to ask. */
  | { readonly kind: 'offline' }
  | { readonly kind: 'failed'; readonly why: string };

const answerMs = 60_000;

/** Starts the engine again by its supervisor, so that it takes a new configuration. */
export async function restartEngine(supervisorUrl: string): Promise<TakenUp> {
  const supervisor = new SupervisorClient(supervisorUrl, { timeoutMs: answerMs });
  try {
    const programs = (await supervisor.getAllProcessInfo()).filter(({ group }) => group === 'gwe');
    if (programs.length === 0) return { kind: 'failed', why: 'the supervisor has no program gwe' };
    await unlessFault('NOT_RUNNING', supervisor.stopProcessGroup('gwe'));
    await unlessFault('ALREADY_STARTED', supervisor.startProcessGroup('gwe'));
    const [after] = (await supervisor.getAllProcessInfo()).filter(({ group }) => group === 'gwe');
    if (after?.statename === 'RUNNING') return { kind: 'started' };
    return { kind: 'failed', why: `gwe is ${after?.statename ?? 'gone'} after its start` };
  } catch (error) {
    if (error instanceof SupervisorUnreachable) return { kind: 'offline' };
    if (error instanceof SupervisorFault) return { kind: 'failed', why: describeError(error) };
    throw error;
  }
}

async function unlessFault(name: Parameters<typeof isFault>[1], call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isFault(error, name)) throw error;
  }
}
