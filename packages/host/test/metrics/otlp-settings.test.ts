import { expect, test } from 'vitest';
import { otlpSettings } from '../../src/metrics/index.ts';

const choice = { serviceName: 'gwe' };

test('without an endpoint nothing is pushed, nor where the environment turns it off', () => {
  expect(otlpSettings({}, choice)).toBeUndefined();
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  expect(otlpSettings({ ...endpoint, OTEL_SDK_DISABLED: 'true' }, choice)).toBeUndefined();
  expect(otlpSettings({ ...endpoint, OTEL_METRICS_EXPORTER: 'none' }, choice)).toBeUndefined();
});

test('the common endpoint gets the path of metrics, their own is taken as it is', () => {
  const url = (environment: Record<string, string>) => otlpSettings(environment, choice)?.url;
  expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' })).toBe('http://c:4318/v1/metrics');
  expect(url({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/' })).toBe('https://c/otlp/v1/metrics');
  expect(url({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://c/x' })).toBe('http://c/x');
});

test('a configuration file goes before the environment', () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a',
    OTEL_METRIC_EXPORT_INTERVAL: '30000',
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1',
    OTEL_SERVICE_NAME: 'mine',
  };
  expect(otlpSettings(environment, choice)).toEqual({
    url: 'http://a/v1/metrics',
    headers: { a: '1' },
    intervalMs: 30_000,
    timeoutMs: 10_000,
    compress: true,
    attributes: { 'service.name': 'mine' },
  });
  const chosen = { ...choice, endpoint: 'http://b', intervalMs: 5_000, headers: 'b=2' };
  expect(otlpSettings(environment, chosen)).toMatchObject({
    url: 'http://b/v1/metrics',
    headers: { b: '2' },
    intervalMs: 5_000,
  });
});

test('a mistake is told, and never a secret with it', () => {
  const failure = (environment: Record<string, string>) => {
    try {
      otlpSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', ...environment }, choice);
      return 'none';
    } catch (error) {
      return String(error);
    }
  };
  expect(failure({ OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://a:4317' })).toContain('not http(s)://');
  expect(failure({ OTEL_METRIC_EXPORT_INTERVAL: '10s' })).toContain('OTEL_METRIC_EXPORT_INTERVAL = 10s');
  for (const OTEL_EXPORTER_OTLP_HEADERS of [
    'secret',
    'a=%zzsecret',
    'a b=secret',
    'a=secret%0a',
    '=secret',
  ]) {
    expect(failure({ OTEL_EXPORTER_OTLP_HEADERS })).toMatch(/^(?!.*secret).*headers/);
  }
  expect(failure({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://u:secret@a' })).toMatch(/^(?!.*secret).*password/);
});
