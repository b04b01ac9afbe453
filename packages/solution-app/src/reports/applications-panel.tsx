import type { Value } from '@gateway-engine/platform/admin-api';
import { Alert, Badge, Group, Stack, Table, Text } from '@mantine/core';
import { useMemo } from 'react';
import { binaryBytes } from '../format/quantity.ts';
import { dateTime, duration } from '../format/time.ts';
import { shownText } from '../format/untrusted-text.ts';
import { MAX_ROWS, Nothing, RowsLeftOut } from '../page/notices.tsx';
import { useNow } from '../page/now.tsx';
import { Panel } from '../page/panel.tsx';
import {
  type App,
  type AppHealth,
  type BudgetWait,
  healthOf,
  readEngineReport,
  uptimeNow,
} from './engine-report.ts';
import { ReportBody, Reported } from './report-body.tsx';

const colours: Record<AppHealth, string> = { good: 'teal', busy: 'blue', bad: 'red', idle: 'gray' };

export function ApplicationsPanel({ report: newest }: { report: Value | null }) {
  const report = useMemo(() => readEngineReport(newest?.value), [newest?.value]);
  return (
    <Panel title="Applications" aside={<Reported value={newest} />}>
      <ReportBody report={report} alias="engine_report">
        {({ apps, waits }) => (
          <Stack gap="xs">
            {waits.length > 0 && <Waits waits={waits} />}
            {apps.length === 0 ? (
              <Nothing>No application is installed.</Nothing>
            ) : (
              <AppTable apps={apps} reportedAt={newest?.ts ?? 0} />
            )}
          </Stack>
        )}
      </ReportBody>
    </Panel>
  );
}

function Waits({ waits }: { waits: readonly BudgetWait[] }) {
  return (
    <Alert color="orange" role="note" title="The byte budget holds traffic back" py="xs">
      {waits.slice(0, MAX_ROWS).map((wait) => (
        <Text size="sm" key={`${wait.interface} ${wait.class}`}>
          {shownText(`${wait.class} on ${wait.interface}`)}
          {wait.until !== undefined && ` until ${dateTime(wait.until)}`}
          {wait.because !== '' && `: ${shownText(wait.because)}`}
        </Text>
      ))}
    </Alert>
  );
}

function AppTable({ apps, reportedAt }: { apps: readonly App[]; reportedAt: number }) {
  const now = useNow(10);
  return (
    <div className="scrolls">
      <Table aria-label="Applications" miw="24rem" horizontalSpacing="xs" verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Name</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Version</Table.Th>
            <Table.Th className="number">Uptime</Table.Th>
            <Table.Th className="number">Memory</Table.Th>
            <Table.Th className="number">Restarts</Table.Th>
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
                <Group gap={6}>
                  <AppStatus app={app} />
                  <InstallBadges app={app} />
                </Group>
                {app.lastError !== '' && (
                  <Text size="xs" c="dimmed" title="Why it last failed">
                    {shownText(app.lastError)}
                  </Text>
                )}
              </Table.Td>
              <Table.Td className="alias">{app.version || '–'}</Table.Td>
              <Table.Td className="number">{uptimeText(app, reportedAt, now)}</Table.Td>
              <Table.Td className="number">
                {app.memory === undefined ? '–' : binaryBytes(app.memory)}
              </Table.Td>
              <Table.Td className="number">{app.restarts ?? '–'}</Table.Td>
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

/** What is under way for an application. */
function InstallBadges({ app: { version, probation, waiting } }: { app: App }) {
  return (
    <>
      {probation !== '' && (
        <SmallBadge
          colour="blue"
          title={`Version ${shownText(probation)} runs on probation${version === '' ? '' : `; version ${shownText(version)} comes back if it fails`}`}
        >
          {`v${short(probation)} on probation`}
        </SmallBadge>
      )}
      {waiting !== '' && (
        <SmallBadge
          colour="orange"
          title="What an install or removal waits for; gwe status on the gateway says more"
        >
          {`waits: ${short(waiting)}`}
        </SmallBadge>
      )}
    </>
  );
}

/** A gateway may write any text; a badge is as wide as its text. */
function short(text: string): string {
  return shownText(text.length > 24 ? `${text.slice(0, 24)}…` : text);
}

function SmallBadge({ colour, title, children }: { colour: string; title: string; children: string }) {
  return (
    <Badge variant="outline" size="sm" tt="none" miw="max-content" color={colour} title={title}>
      {children}
    </Badge>
  );
}

function uptimeText(app: App, reportedAt: number, now: number): string {
  const { status } = app;
  const uptime = uptimeNow(app, reportedAt, now);
  if (uptime === undefined || (uptime === 0 && status !== 'RUNNING')) return '–';
  return typeof uptime === 'number' ? duration(uptime) : uptime;
}
