export { type MetricsEndpoint, serveMetrics } from './endpoint.ts';
export type { Counter, Histogram, HistogramOptions } from './instruments.ts';
export {
  counterOf,
  type Figures,
  gaugeOf,
  type HistogramSample,
  type Labels,
  type MetricFamily,
  type Sample,
} from './metric-family.ts';
export { OtlpExporter, type OtlpExporterParts, type PushTraffic } from './otlp-exporter.ts';
export { formatOtlp } from './otlp-json.ts';
export { type OtlpSettings, otlpSettings } from './otlp-settings.ts';
export { processFigures } from './process-figures.ts';
export { Registry, type RegistryOptions } from './registry.ts';
export { formatMetrics, textFormatType } from './text-format.ts';
