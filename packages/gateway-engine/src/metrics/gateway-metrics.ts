import { DeviceApiError } from '@gateway-engine/device-client';
import { type Clock, describeError, type Logger } from '@gateway-engine/host';
import { gaugeOf, type MetricFamily, processFigures, Registry } from '@gateway-engine/host/metrics';
import { isCommunicationError } from '../check-in/communication.ts';
import type { FinalState } from '../ota/states.ts';
import { isOutOfSpace } from '../state/disk-space.ts';

/** The metrics of the engine: what it counts itself, and the sources that are looked at when somebody asks. */
export class GatewayMetrics {
  readonly #registry: Registry;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #checkIns;
  readonly #installs;
  readonly #pushes;
  #lastCheckIn: number | undefined;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    const registry = new Registry({
      prefix: 'gwe',
      clock,
      onFailure: (source, error) => logger.warn({ source }, `no metrics: ${describeError(error)}`),
    });
    this.#registry = registry;
    this.#clock = clock;
    this.#checkIns = registry.counter(
      'gwe_check_ins_total',
      'Check-ins since the engine started, by outcome; of those that failed, why.',
      ['outcome', 'reason'],
      50,
    );
    this.#installs = registry.counter(
      'gwe_installs_total',
      'Installs and removals that the engine brought to their end since it started, by outcome.',
      ['outcome'],
    );
    this.#pushes = registry.counter('gwe_otlp_pushes_total', 'Pushes of metrics by OTLP, by outcome.', [
      'outcome',
    ]);
    registry.source('process', () => [
      gaugeOf(
        'gwe_last_check_in_age_seconds',
        'Time since the last check-in that succeeded; not there before the first.',
        this.#lastCheckIn === undefined ? undefined : (clock.monotonic() - this.#lastCheckIn) / 1000,
      ),
      ...processFigures(() => clock.now()),
    ]);
  }

  source(name: string, look: () => readonly MetricFamily[] | Promise<readonly MetricFamily[]>): void {
    this.#registry.source(name, look);
  }

  checkedIn(): void {
    this.#lastCheckIn = this.#clock.monotonic();
    this.#checkIns.add(1, 'done', '');
  }

  checkInFailed(error: unknown): void {
    this.#checkIns.add(1, 'failed', reasonOf(error));
  }

  installEnded(state: FinalState): void {
    this.#installs.add(1, state);
  }

  pushed(outcome: 'sent' | 'failed' | 'held'): void {
    this.#pushes.add(1, outcome);
  }

  read(): Promise<readonly MetricFamily[]> {
    return this.#registry.read();
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DeviceApiError) return `http-${error.status}`;
  if (isOutOfSpace(error)) return 'disk-full';
  if (isCommunicationError(error) && 'code' in error) return String(error.code).toLowerCase();
  return 'defect';
}
