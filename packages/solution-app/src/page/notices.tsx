import { Alert, Text } from '@mantine/core';
import { messageOf } from '../admin-api/api-error.ts';

/** Something asked for could not be had; what is on the page may be old. */
export function FailureNotice({ error, title }: { error: unknown; title: string }) {
  return (
    <Alert color="red" role="alert" title={title} py="xs">
      <Text size="sm">{messageOf(error)}</Text>
    </Alert>
  );
}

/** A gateway may report more rows than a browser likes to lay out. */
export const MAX_ROWS = 200;

/** What of `count` rows is left out. */
export function RowsLeftOut({ count }: { count: number }) {
  if (count <= MAX_ROWS) return null;
  return <Nothing>{`… and ${count - MAX_ROWS} more, which are in the report under Current values.`}</Nothing>;
}

/** A part with nothing to show yet, and why. */
export function Nothing({ children }: { children: string }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}
