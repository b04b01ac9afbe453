import { type Clock, describeError, type Logger, UsageError } from '@gateway-engine/host';
import { OtlpExporter, type OtlpSettings, otlpSettings, serveMetrics } from '@gateway-engine/host/metrics';
import { type ListenAddress, ListenError, urlOf } from '../listen-address.ts';
import { version } from '../version.ts';
import type { PlatformMetrics } from './platform-metrics.ts';

export interface PublishOptions {
  /** An address of their own, where whoever reaches it may read them; undefined: none. */
  readonly listen?: ListenAddress | undefined;
  /** Where they are pushed to; undefined: nowhere. */
  readonly otlp?: OtlpSettings | undefined;
}

/** Offers the metrics beside `GET /metrics` of the admin side. Throws ListenError. */
export async function publishMetrics(
  metrics: PlatformMetrics,
  { listen, otlp }: PublishOptions,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): Promise<{ readonly address: ListenAddress | undefined; stop(): Promise<void> }> {
  const endpoint =
    listen &&
    (await serveMetrics(listen, () => metrics.read()).catch((cause: NodeJS.ErrnoException) => {
      throw new ListenError(listen, cause, '--metrics-listen');
    }));
  const address = listen && endpoint && { host: listen.host, port: endpoint.port };
  if (address) logger.info(`metrics on ${urlOf(address)}/metrics`);
  const exporter =
    otlp &&
    new OtlpExporter({
      settings: otlp,
      read: () => metrics.read(),
      onPush: (outcome) => metrics.pushed(outcome),
      clock,
      logger,
    });
  exporter?.start();
  return {
    address,
    stop: async () => {
      await exporter?.stop();
      await endpoint?.stop();
    },
  };
}

/** By the standard names of OpenTelemetry in the environment. A mistake there is logged and nothing pushed. */
export function otlpOfEnvironment(environment: NodeJS.ProcessEnv, logger: Logger): OtlpSettings | undefined {
  try {
    return otlpSettings(environment, {
      serviceName: 'gwe-platform',
      attributes: { 'service.version': version },
    });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    logger.error(`no metrics are pushed: ${describeError(error)}`);
    return undefined;
  }
}
