import { counterOf, gaugeOf, type MetricFamily } from '@gateway-engine/host/metrics';
import type { Settings } from '../settings.ts';
import type { QueueStatus } from '../status.ts';

/** The queue as it stands, as metrics. `now`: whole seconds since 1970. */
export function queueFigures(
  status: QueueStatus,
  settings: Pick<Settings, 'maxBytes' | 'deadLetterBytes'>,
  now: number,
): MetricFamily[] {
  const { identities, mqtt } = status;
  const inTrouble = identities.filter(({ problem, waiting }) => problem !== null && waiting > 0);
  return [
    gaugeOf('gmq_points_waiting', 'Points that wait for the platform.', status.waiting),
    gaugeOf('gmq_waiting_bytes', 'Bytes that waiting points take, as the bounds count them.', status.bytes),
    gaugeOf('gmq_waiting_limit_bytes', 'Bytes that waiting points may take (max_bytes).', settings.maxBytes),
    gaugeOf(
      'gmq_oldest_point_age_seconds',
      'How long the oldest waiting point has waited; 0 when none waits.',
      status.oldest === null ? 0 : Math.max(0, now - status.oldest),
    ),
    counterOf('gmq_points_accepted_total', 'Points accepted since the queue was made.', status.accepted),
    counterOf('gmq_points_uploaded_total', 'Points that the platform has confirmed.', status.uploaded),
    counterOf(
      'gmq_points_merged_total',
      'Points followed by another of the same alias and second before they were sent.',
      status.merged,
    ),
    counterOf(
      'gmq_points_set_aside_total',
      'Points that the platform refused for good; the newest are kept as dead letters.',
      status.refused,
    ),
    counterOf(
      'gmq_points_dropped_total',
      'Points given up, by reason: the queue was full, or they expired.',
      [
        [{ reason: 'full' }, status.dropped],
        [{ reason: 'expired' }, status.expired],
      ],
    ),
    gaugeOf('gmq_dead_letters', 'Points set aside that are still kept.', status.deadLetters),
    gaugeOf(
      'gmq_dead_letters_limit_bytes',
      'Bytes that points set aside may take.',
      settings.deadLetterBytes,
    ),
    gaugeOf('gmq_identities', 'Identities that the queue has points or keys of.', identities.length),
    gaugeOf(
      'gmq_identities_in_trouble',
      'Identities whose points wait since uploads of them fail.',
      inTrouble.length,
    ),
    gaugeOf('gmq_database_bytes', 'Size of the database with its log.', status.fileBytes),
    gaugeOf(
      'gmq_corrupted_databases',
      'Databases that were found corrupted and set aside.',
      status.corruptedFiles.length,
    ),
    gaugeOf('gmq_mqtt_connections', 'Open connections of the MQTT listener.', mqtt?.connections),
    counterOf('gmq_mqtt_messages_total', 'Messages that came by MQTT, by what became of them.', [
      [{ outcome: 'stored' }, mqtt?.stored],
      [{ outcome: 'dropped' }, mqtt?.dropped],
      [{ outcome: 'refused' }, mqtt?.refused],
    ]),
  ];
}
