import type { MetricsConfig } from '../configuration/metrics-config.ts';

/** Whether somebody wants the gateway's figures; otherwise nothing that makes them is loaded. */
export function areMetricsWanted(
  { listen, otlpEndpoint }: MetricsConfig,
  environment: NodeJS.ProcessEnv,
): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: common, OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: own } = environment;
  const endpoints = [otlpEndpoint, common, own];
  return listen !== undefined || endpoints.some((each) => each !== undefined && each !== '');
}
