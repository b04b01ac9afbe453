import { type Clock, describeError, type Logger, wholeSeconds } from '@gateway-engine/host';
import {
  counterOf,
  formatMetrics,
  gaugeOf,
  type MetricFamily,
  processFigures,
  Registry,
} from '@gateway-engine/host/metrics';
import type { Deltas } from '../deltas/deltas.ts';
import type { DeviceApi } from '../device-api/build.ts';
import type { LocalPointStream } from '../point-stream.ts';
import type { Store } from '../store/port.ts';
import { version } from '../version.ts';
import { deltaFigures, fleetFigures } from './fleet-figures.ts';
import { installsTold } from './installs-told.ts';
import { type AnsweredRequest, methodLabel, type Observer } from './requests.ts';

const durationBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** As the page has it: a gateway that waits by long poll is heard of every five minutes at least. */
const onlineSeconds = 360;
/** To count a large fleet takes a while: scrapes that come closer together share a count. */
const fleetKeptMs = 10_000;

/** The metrics of a platform that runs. */
export class PlatformMetrics implements Observer {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #requests;
  readonly #durations;
  readonly #fileBytes;
  readonly #installs;
  readonly #pushes;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    const registry = new Registry({
      prefix: 'gwe_platform',
      clock,
      onFailure: (source, error) => logger.warn({ source }, `no metrics: ${describeError(error)}`),
    });
    const request = ['api', 'method', 'route'];
    this.#requests = registry.counter(
      'gwe_platform_requests_total',
      'Requests by route and status; "gone": the client went away first.',
      [...request, 'status'],
      1_000,
    );
    this.#durations = registry.histogram({
      name: 'gwe_platform_request_duration_seconds',
      help: 'From the request to the end of its answer, long polls left out.',
      bounds: durationBounds,
      labelNames: request,
    });
    this.#fileBytes = registry.counter(
      'gwe_platform_content_sent_bytes_total',
      'Bytes of contents and deltas that devices were sent.',
      ['route'],
    );
    this.#installs = registry.counter(
      'gwe_platform_installs_told_total',
      'Installs that gateways have told the end of, by outcome.',
      ['outcome'],
    );
    this.#pushes = registry.counter(
      'gwe_platform_otlp_pushes_total',
      'Pushes of metrics by OTLP, by outcome.',
      ['outcome'],
    );
    registry.source('process', () => [
      gaugeOf('gwe_platform_build_info', 'Always 1; the label tells the version.', [[{ version }, 1]]),
      ...processFigures(() => clock.now()),
    ]);
    this.#registry = registry;
  }

  /** Adds the parts that are looked at when somebody asks. */
  watch(parts: {
    readonly store: Pick<Store, 'figures'>;
    readonly points: Pick<LocalPointStream, 'announced'>;
    readonly device: Pick<DeviceApi, 'waiting'>;
    readonly deltas: Pick<Deltas, 'counts'>;
  }): void {
    const { store, points, device, deltas } = parts;
    const fleet = this.#kept(async () => {
      const onlineSince = wholeSeconds(this.#clock) - onlineSeconds;
      return fleetFigures(await store.figures({ onlineSince }));
    });
    this.#registry.source('fleet', fleet);
    this.#registry.source('traffic', () => [
      counterOf(
        'gwe_platform_points_stored_total',
        'Points stored, of devices and operators.',
        points.announced,
      ),
      gaugeOf('gwe_platform_long_polls_waiting', 'Long polls that wait for a point.', device.waiting),
      ...deltaFigures(deltas.counts),
    ]);
  }

  answered({ api, method, route, status, durationMs, fileBytes = 0, isLongPoll }: AnsweredRequest): void {
    const verb = methodLabel(method);
    this.#requests.add(1, api, verb, route, String(status));
    if (!isLongPoll) this.#durations.observe(durationMs / 1000, api, verb, route);
    if (fileBytes > 0) this.#fileBytes.add(fileBytes, route);
  }

  statusTold(text: string): void {
    for (const outcome of installsTold(text)) this.#installs.add(1, outcome);
  }

  /** Of a push by OTLP. */
  pushed(outcome: 'sent' | 'failed' | 'held'): void {
    this.#pushes.add(1, outcome);
  }

  read(): Promise<readonly MetricFamily[]> {
    return this.#registry.read();
  }

  async text(): Promise<string> {
    return formatMetrics(await this.read());
  }

  /** The same answer again for a while, also when that is still on its way. */
  #kept(look: () => Promise<MetricFamily[]>): () => Promise<MetricFamily[]> {
    let last: { readonly at: number; readonly found: Promise<MetricFamily[]> } | undefined;
    return () => {
      const now = this.#clock.monotonic();
      if (last && now - last.at < fleetKeptMs) return last.found;
      const found = look();
      last = { at: now, found };
      // A failure is not kept.
      found.catch(() => {
        last = undefined;
      });
      return found;
    };
  }
}
