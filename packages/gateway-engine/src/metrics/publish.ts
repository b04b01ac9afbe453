import { Account, type BudgetGate, type TrafficLog, tlsGround } from '@gateway-engine/device-client';
import { type Clock, describeError, type Logger, readTextIfPresent, UsageError } from '@gateway-engine/host';
import {
  type MetricsEndpoint,
  OtlpExporter,
  type OtlpSettings,
  otlpSettings,
  type PushTraffic,
  serveMetrics,
} from '@gateway-engine/host/metrics';
import type { GatewayIdentity } from '../configuration/identity.ts';
import type { MetricsConfig } from '../configuration/metrics-config.ts';
import { version } from '../version.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';

export interface PublishParts {
  readonly config: MetricsConfig;
  readonly identity: GatewayIdentity;
  readonly accounts: TrafficLog | undefined;
  readonly gate: BudgetGate;
  /** Wall time, milliseconds: the platform's as far as it is known. */
  readonly now: () => number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Offers the figures to Prometheus, and pushes them. An address or a setting that is no good is logged: the gateway goes on
 * without.
 */
export async function publishMetrics(
  metrics: GatewayMetrics,
  parts: PublishParts,
): Promise<{ stop(): Promise<void> }> {
  const endpoint = await endpointOf(metrics, parts);
  const settings = await pushSettings(parts);
  const exporter = settings && exporterOf(metrics, settings, parts);
  exporter?.start();
  return {
    stop: async () => {
      await exporter?.stop();
      await endpoint?.stop();
    },
  };
}

async function endpointOf(
  metrics: GatewayMetrics,
  { config: { listen }, logger }: PublishParts,
): Promise<MetricsEndpoint | undefined> {
  if (!listen) return undefined;
  try {
    const endpoint = await serveMetrics(listen, () => metrics.read());
    logger.info(`metrics on port ${endpoint.port} of ${listen.host}`);
    return endpoint;
  } catch (error) {
    const problem = `no metrics on ${listen.host}:${listen.port} ([metrics] listen): ${describeError(error)}`;
    logger.error(problem);
    return undefined;
  }
}

async function pushSettings(parts: PublishParts): Promise<OtlpSettings | undefined> {
  const { config, identity, logger } = parts;
  const { otlpEndpoint, otlpIntervalSeconds, otlpHeadersFile } = config;
  try {
    const headers = otlpHeadersFile === undefined ? undefined : await readTextIfPresent(otlpHeadersFile);
    if (otlpHeadersFile !== undefined && headers === undefined) {
      throw new UsageError(`there is no file ${otlpHeadersFile} ([metrics] otlp_headers_file)`);
    }
    return otlpSettings(process.env, {
      endpoint: otlpEndpoint,
      intervalMs: otlpIntervalSeconds === undefined ? undefined : otlpIntervalSeconds * 1000,
      headers: headers?.trim(),
      serviceName: 'gwe',
      attributes: {
        'service.version': version,
        'service.instance.id': identity.serial,
        'gateway.vendor': identity.vendor,
        'gateway.model': identity.model,
      },
    });
  } catch (error) {
    logger.error(`no metrics are pushed: ${describeError(error)}`);
    return undefined;
  }
}

/** Pushes are traffic like any other: accounted for, of the class `log`, and held back by the byte budget. */
function exporterOf(
  metrics: GatewayMetrics,
  settings: OtlpSettings,
  { accounts, gate, now, clock, logger }: PublishParts,
): OtlpExporter {
  const account = Account.open(accounts ?? false, 'gwe', clock);
  const { origin, pathname } = new URL(settings.url);
  return new OtlpExporter({
    settings,
    read: () => metrics.read(),
    mayPush: async () => (await gate.ask('log', origin)).kind === 'may',
    onTraffic: (traffic: PushTraffic) => {
      account?.add({ ...traffic, call: 'other', class: 'log', method: 'POST', path: pathname });
      gate.add(traffic);
    },
    tlsGround,
    onPush: (outcome) => metrics.pushed(outcome),
    clock,
    now,
    logger,
  });
}
