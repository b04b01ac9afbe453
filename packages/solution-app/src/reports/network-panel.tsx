import type { Value } from '@gateway-engine/platform/admin-api';
import { Stack, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { bytes } from '../format/quantity.ts';
import { MAX_ROWS, Nothing, RowsLeftOut } from '../page/notices.tsx';
import { Panel } from '../page/panel.tsx';
import { ReportBody, Reported } from './report-body.tsx';
import { type InterfaceUsage, readUsageReport } from './usage-report.ts';

export function NetworkPanel({ report: newest }: { report: Value | null }) {
  const report = useMemo(() => readUsageReport(newest?.value), [newest?.value]);
  return (
    <Panel title="Network use" aside={<Reported value={newest} />}>
      <ReportBody report={report} alias="usage_report">
        {(interfaces) =>
          interfaces.length === 0 ? (
            <Nothing>No interface has been used.</Nothing>
          ) : (
            <Stack gap="lg">
              {interfaces.slice(0, MAX_ROWS).map((usage) => (
                <InterfaceTable key={usage.name} usage={usage} />
              ))}
            </Stack>
          )
        }
      </ReportBody>
    </Panel>
  );
}

function InterfaceTable({ usage }: { usage: InterfaceUsage }) {
  return (
    <div>
      <Text size="sm" mb={4}>
        <Text span inherit fw={600}>
          {usage.name}
        </Text>
        <Text span inherit c="dimmed">
          {` received ${bytes(usage.received)}, sent ${bytes(usage.sent)}`}
          {usage.month && `, in the month ${bytes(usage.month.received)} and ${bytes(usage.month.sent)}`}
          {usage.topConsumer !== '' && `, most by ${usage.topConsumer}`}
          {usage.kernel &&
            `; all programs since boot ${bytes(usage.kernel.received)} and ${bytes(usage.kernel.sent)}`}
        </Text>
      </Text>
      {usage.rows.length > 0 && (
        <div className="scrolls">
          <Table
            aria-label={`Network use of ${usage.name}`}
            miw="34rem"
            horizontalSpacing="xs"
            verticalSpacing={4}
          >
            <Table.Thead>
              <Table.Tr>
                <Table.Th>By</Table.Th>
                <Table.Th>Method</Table.Th>
                <Table.Th className="number">Received</Table.Th>
                <Table.Th className="number">largest</Table.Th>
                <Table.Th className="number">Sent</Table.Th>
                <Table.Th className="number">largest</Table.Th>
                <Table.Th className="number">Requests</Table.Th>
                <Table.Th className="number">Month</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {usage.rows.slice(0, MAX_ROWS).map((row) => (
                <Table.Tr key={`${row.group}\n${row.name}`}>
                  <Table.Td>{row.group}</Table.Td>
                  <Table.Td className="alias">{row.name}</Table.Td>
                  <Table.Td className="number">{amount(row.totalReceived)}</Table.Td>
                  <Table.Td className="number">{amount(row.maxReceived)}</Table.Td>
                  <Table.Td className="number">{amount(row.totalSent)}</Table.Td>
                  <Table.Td className="number">{amount(row.maxSent)}</Table.Td>
                  <Table.Td className="number">{row.requests ?? '–'}</Table.Td>
                  <Table.Td className="number">{amount(row.month)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          <RowsLeftOut count={usage.rows.length} />
        </div>
      )}
    </div>
  );
}

function amount(count: number | undefined): string {
  return count === undefined ? '–' : bytes(count);
}
