import type { Value } from '@gateway-engine/platform/admin-api';
import { Alert, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { shownText } from '../format/untrusted-text.ts';
import { Nothing } from '../page/notices.tsx';
import { Ago } from '../page/now.tsx';
import type { Report } from './report.ts';

interface ReportBodyProps<T> {
  readonly report: Report<T>;
  readonly alias: string;
  readonly children: (value: T) => ReactNode;
}

/** What was read from a report, or the text the gateway sent and why it cannot be read. */
export function ReportBody<T>({ report, alias, children }: ReportBodyProps<T>) {
  if (report.kind === 'none') return <Nothing>{`Not reported yet (${alias} is empty).`}</Nothing>;
  if (report.kind === 'read') return children(report.value);
  return (
    <Alert color="orange" role="note" title="Unreadable report" py="xs">
      <Text size="sm" mb="xs">
        What the gateway wrote to {alias} cannot be shown as a table: {report.reason}.
      </Text>
      <pre className="as-written">{shownText(report.raw)}</pre>
    </Alert>
  );
}

export function Reported({ value }: { value: Value | null }) {
  if (value === null) return null;
  return (
    <Text size="xs" c="dimmed">
      reported <Ago ts={value.ts} />
    </Text>
  );
}
