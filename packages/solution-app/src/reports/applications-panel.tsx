import type { Value } from '@gateway-engine/platform/admin-api';
import { Badge, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { duration } from '../format/time.ts';
import { MAX_ROWS, Nothing, RowsLeftOut } from '../page/notices.tsx';
import { Panel } from '../page/panel.tsx';
import { type App, type AppHealth, healthOf, readEngineReport } from './engine-report.ts';
import { ReportBody, Reported } from './report-body.tsx';

const colours: Record<AppHealth, string> = { good: 'teal', busy: 'blue', bad: 'red', idle: 'gray' };

export function ApplicationsPanel({ report: newest }: { report: Value | null }) {
  const report = useMemo(() => readEngineReport(newest?.value), [newest?.value]);
  return (
    <Panel title="Applications" aside={<Reported value={newest} />}>
      <ReportBody report={report} alias="engine_report">
        {({ apps }) =>
          apps.length === 0 ? <Nothing>No application is installed.</Nothing> : <AppTable apps={apps} />
        }
      </ReportBody>
    </Panel>
  );
}

function AppTable({ apps }: { apps: readonly App[] }) {
  return (
    <div className="scrolls">
      <Table aria-label="Applications" miw="24rem" horizontalSpacing="xs" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Version</Table.Th>
            <Table.Th className="number">Uptime</Table.Th>
            <Table.Th className="number">Exit status</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {apps.slice(0, MAX_ROWS).map((app) => (
            <Table.Tr key={app.name}>
              <Table.Th scope="row" fw={500} className="alias">
                {app.name}
              </Table.Th>
              <Table.Td>
                <AppStatus app={app} />
              </Table.Td>
              <Table.Td className="alias">{app.version || '–'}</Table.Td>
              <Table.Td className="number">{uptimeText(app)}</Table.Td>
              <Table.Td className="number">{app.exitStatus || '–'}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <RowsLeftOut count={apps.length} />
    </div>
  );
}

function AppStatus({ app }: { app: App }) {
  if (app.status === '')
    return (
      <Text span size="sm" c="dimmed" title="It has no process: a one-off application or a library">
        installed
      </Text>
    );
  return (
    <Badge variant="light" size="sm" miw="max-content" color={colours[healthOf(app)]}>
      {app.status}
    </Badge>
  );
}

function uptimeText({ status, uptime }: App): string {
  if (uptime === undefined || (uptime === 0 && status !== 'RUNNING')) return '–';
  return typeof uptime === 'number' ? duration(uptime) : uptime;
}
