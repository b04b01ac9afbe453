import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describeError } from '@gateway-engine/host';
import type { Install } from '../ota/install.ts';
import { InstallJournal } from '../ota/journal.ts';
import { ProcessLock } from '../state/process-lock.ts';
import { StatusOutbox } from '../state/status-outbox.ts';
import { type Pin, TrustRecords } from '../trust/trust-records.ts';
import type { ExaminedGateway } from './gateway.ts';

/** What the engine has written down. */
export interface EngineState {
  /** The process of the engine; undefined when none runs. */
  readonly daemon: number | undefined;
  readonly unfinished: readonly Install[];
  /** The newest first. */
  readonly history: readonly Install[];
  /** The product's pinned root; undefined when there is none. */
  readonly pin: Pin | undefined;
}

const busyMs = 2_000;

/** Reads the engine's database without changing anything of it. */
export function engineState({
  layout,
  identity,
  clock,
}: Pick<ExaminedGateway, 'layout' | 'identity' | 'clock'>):
  | EngineState
  | { readonly unknown: string; readonly broken: boolean } {
  if (!existsSync(layout.database)) return { unknown: 'no engine has run in this home yet', broken: false };
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(layout.database, { readOnly: true, timeout: busyMs });
    const journal = new InstallJournal(database, new StatusOutbox(database), clock);
    const product = identity.kind === 'read' ? (identity.value.model ?? '') : '';
    return {
      daemon: new ProcessLock(database, 'daemon').holder(),
      unfinished: journal.unfinished(),
      history: journal.history(),
      pin: new TrustRecords(database).pin(product),
    };
  } catch (error) {
    return { unknown: `${layout.database} cannot be read: ${describeError(error)}`, broken: true };
  } finally {
    database?.close();
  }
}
