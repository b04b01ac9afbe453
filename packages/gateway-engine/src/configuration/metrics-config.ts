import { z } from 'zod';

/** Where the gateway's figures go: section `[metrics]` of Engine.config. */
export interface MetricsConfig {
  /** Where Prometheus may ask for them; undefined: nowhere. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** Base URL of an OpenTelemetry collector; undefined: as the environment says. */
  readonly otlpEndpoint: string | undefined;
  readonly otlpIntervalSeconds: number | undefined;
  /** A file with `name=value,name=value`; undefined: as the environment says. */
  readonly otlpHeadersFile: string | undefined;
}

export const metricsTemplate = `[metrics]
; HOST:PORT on which GET /metrics tells Prometheus all figures of the gateway, such as 127.0.0.1:9464; '': nowhere. Whoever
; reaches the address may read them
listen = ''
; base URL of an OpenTelemetry collector to which the figures are pushed (OTLP over HTTP, JSON), such as
; http://collector.example:4318; '': as OTEL_EXPORTER_OTLP_ENDPOINT says, otherwise nowhere
otlp_endpoint = ''
; seconds between two pushes; '': as OTEL_METRIC_EXPORT_INTERVAL says, otherwise 60
otlp_interval = ''
; file with headers for the collector, name=value,name=value; '': as OTEL_EXPORTER_OTLP_HEADERS says
otlp_headers_file = ''
`;

const address = z.string().transform((text, context) => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue({ code: 'custom', message: 'expected HOST:PORT, such as 127.0.0.1:9464' });
  return z.NEVER;
});

const endpoint = z.string().refine((text) => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username + url.password + url.search === '';
}, 'expected http(s)://HOST[:PORT]');

const interval = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, 'expected a whole number of seconds, at least 1')
  .transform(Number);

/** `read` gives the value of an option, undefined when it is missing or empty. */
export function readMetricsConfig(
  read: <T>(option: string, schema: z.ZodType<T>) => T | undefined,
): MetricsConfig {
  return {
    listen: read('listen', address),
    otlpEndpoint: read('otlp_endpoint', endpoint),
    otlpIntervalSeconds: read('otlp_interval', interval),
    otlpHeadersFile: read('otlp_headers_file', z.string()),
  };
}
