import { UsageError } from '../command-line.ts';

/** Where metrics are pushed to, how and how often. */
export interface OtlpSettings {
  /** Where requests go, path included. */
  readonly url: string;
  /** Secret: a collector's token may be among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly compress: boolean;
  /** Of the resource, `service.name` among them. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** What a configuration file says; what it leaves out is taken from the environment. */
export interface OtlpChoice {
  /** Base URL of the collector; `/v1/metrics` is added. */
  readonly endpoint?: string | undefined;
  readonly intervalMs?: number | undefined;
  /** `name=value,name=value`, as in the environment. */
  readonly headers?: string | undefined;
  readonly serviceName: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings by the standard names of OpenTelemetry; undefined when nothing is to be pushed. Throws UsageError, whose
 * text holds no header's value.
 * https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function otlpSettings(environment: Environment, choice: OtlpChoice): OtlpSettings | undefined {
  const read = (name: string) => environment[name]?.trim() || undefined;
  if (read('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  if (read('OTEL_METRICS_EXPORTER')?.toLowerCase() === 'none') return undefined;
  const url = urlOf(read, choice.endpoint);
  if (url === undefined) return undefined;
  const headers = choice.headers ?? read('OTEL_EXPORTER_OTLP_METRICS_HEADERS');
  const compression =
    read('OTEL_EXPORTER_OTLP_METRICS_COMPRESSION') ?? read('OTEL_EXPORTER_OTLP_COMPRESSION');
  const ofEnvironment = pairsOf(read('OTEL_RESOURCE_ATTRIBUTES') ?? '', 'OTEL_RESOURCE_ATTRIBUTES');
  const serviceName = read('OTEL_SERVICE_NAME') ?? ofEnvironment.get('service.name') ?? choice.serviceName;
  return {
    url,
    headers: headersOf(headers ?? read('OTEL_EXPORTER_OTLP_HEADERS') ?? ''),
    intervalMs: choice.intervalMs ?? milliseconds(read, 'OTEL_METRIC_EXPORT_INTERVAL', 60_000),
    timeoutMs: milliseconds(read, 'OTEL_EXPORTER_OTLP_TIMEOUT', 10_000),
    compress: compression !== 'none',
    attributes: {
      ...choice.attributes,
      ...Object.fromEntries(ofEnvironment),
      'service.name': serviceName,
    },
  };
}

type Read = (name: string) => string | undefined;

/** The address for metrics alone is taken as it is, the common one gets the path. */
function urlOf(read: Read, chosen: string | undefined): string | undefined {
  const own = chosen === undefined ? read('OTEL_EXPORTER_OTLP_METRICS_ENDPOINT') : undefined;
  const base = chosen ?? read('OTEL_EXPORTER_OTLP_ENDPOINT');
  const text = own ?? base;
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError('the OTLP endpoint is not http(s)://HOST[:PORT], such as http://127.0.0.1:4318');
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('the OTLP endpoint holds a password; give it as a header');
  }
  if (own === undefined) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/metrics`;
  return url.href;
}

function milliseconds(read: Read, name: string, preset: number): number {
  const text = read(name);
  if (text === undefined) return preset;
  const value = Number(text);
  if (/^\d{1,9}$/.test(text) && value >= 1000) return value;
  throw new UsageError(`${name} = ${text}: expected milliseconds, 1000 or more`);
}

function headersOf(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of pairsOf(text, 'the OTLP headers')) {
    if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name) || /[^\t\x20-\x7e]/.test(value)) {
      throw new UsageError('the OTLP headers hold a name or value that no HTTP header may have');
    }
    headers[name] = value;
  }
  return headers;
}

/** `name=value,name=value`, percent-encoded where needed: W3C Baggage. */
function pairsOf(text: string, where: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const pair of text.split(',')) {
    if (pair.trim() === '') continue;
    const at = pair.indexOf('=');
    const name = pair.slice(0, at).trim();
    if (at < 1 || name === '') throw new UsageError(`${where} are not name=value,name=value`);
    pairs.set(name, decoded(pair.slice(at + 1).trim(), where));
  }
  return pairs;
}

function decoded(text: string, where: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new UsageError(`${where} hold a % that begins no percent-encoded letter`, { cause });
  }
}
