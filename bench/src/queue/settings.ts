/** Sections of gmq.cfg for a queue that keeps all it is given: its platform does not exist, its period is a month. */
export const keptForever = {
  platform: { server: 'http://127.0.0.1:9' },
  limits: { max_bytes: '100GB' },
  unq: { batch_record_period: '2592000', retry_maximum: '3600' },
} as const;
