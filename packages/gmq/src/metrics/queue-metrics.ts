import { type Clock, describeError, type Logger, wholeSeconds } from '@gateway-engine/host';
import {
  formatMetrics,
  gaugeOf,
  processFigures,
  Registry,
  textFormatType,
} from '@gateway-engine/host/metrics';
import { type Answer, jsonAnswer } from '../http/answer.ts';
import type { Settings } from '../settings.ts';
import type { QueueStatus } from '../status.ts';
import type { Failure } from '../upload/trouble.ts';
import { version } from '../version.ts';
import { queueFigures } from './queue-figures.ts';

export interface QueueMetricsParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: () => Settings;
}

/** A flash card takes milliseconds, one that is failing or full takes seconds. */
const syncBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The metrics of a queue that runs. What its database knows is read when somebody asks. */
export class QueueMetrics {
  readonly #registry: Registry;
  readonly #uploadFailures;
  readonly #refused;
  readonly #syncs;

  constructor({ clock, logger, settings }: QueueMetricsParts, status: () => QueueStatus) {
    const registry = new Registry({
      prefix: 'gmq',
      clock,
      onFailure: (source, error) => logger.warn(`no metrics of ${source}: ${describeError(error)}`),
    });
    this.#uploadFailures = registry.counter(
      'gmq_upload_failures_total',
      'Uploads that failed and are tried again, by kind.',
      ['kind'],
    );
    this.#refused = registry.counter(
      'gmq_requests_refused_total',
      'Requests of local programs that were not taken, by status.',
      ['status'],
      20,
    );
    this.#syncs = registry.histogram({
      name: 'gmq_sync_duration_seconds',
      help: 'How long the disk took to make a group of requests durable.',
      bounds: syncBounds,
    });
    registry.source('queue', () => [
      gaugeOf('gmq_build_info', 'Always 1; the label tells the version.', [[{ version }, 1]]),
      ...queueFigures(status(), settings(), wholeSeconds(clock)),
    ]);
    registry.source('process', () => processFigures(() => clock.now()));
    this.#registry = registry;
  }

  uploadFailed({ kind }: Pick<Failure, 'kind'>): void {
    this.#uploadFailures.add(1, kind.replaceAll(' ', '-'));
  }

  refused(status: number): void {
    this.#refused.add(1, String(status));
  }

  synced(tookMs: number): void {
    this.#syncs.observe(tookMs / 1000);
  }

  /** `asJson`: families as the engine of the gateway takes them up. All of it is ASCII. */
  async answer(asJson: boolean): Promise<Answer> {
    const families = await this.#registry.read();
    if (asJson) return jsonAnswer(families);
    return { status: 200, body: formatMetrics(families), contentType: textFormatType };
  }
}
