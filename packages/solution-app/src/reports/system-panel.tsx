import type { Value } from '@gateway-engine/platform/admin-api';
import { Group, Progress, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { binaryBytes } from '../format/quantity.ts';
import { duration } from '../format/time.ts';
import { shownText } from '../format/untrusted-text.ts';
import { useNow } from '../page/now.tsx';
import { Panel } from '../page/panel.tsx';
import { type DeviceInfo, filesystemsOf, memoryOf, readDeviceInfo, realFilesystems } from './device-info.ts';
import { ReportBody, Reported } from './report-body.tsx';

export function SystemPanel({ report: newest }: { report: Value | null }) {
  const report = useMemo(() => readDeviceInfo(newest?.value), [newest?.value]);
  return (
    <Panel title="System" aside={<Reported value={newest} />}>
      <ReportBody report={report} alias="device_info">
        {(device) => <SystemFacts device={device} reportedAt={newest?.ts ?? 0} />}
      </ReportBody>
    </Panel>
  );
}

function SystemFacts({ device, reportedAt }: { device: DeviceInfo; reportedAt: number }) {
  const now = useNow(10);
  const filesystems = filesystemsOf(device.df);
  const memory = memoryOf(device.free);
  return (
    <Stack gap="md">
      {memory?.map(({ name, total, used }) => (
        <Gauge key={name} name={name} used={used} total={total} />
      ))}
      {filesystems !== undefined &&
        realFilesystems(filesystems).map(({ device: disk, mountedOn, used, available }) => (
          // Space kept for root is neither used nor available, as in the percentage that df prints.
          <Gauge
            key={`${disk} ${mountedOn}`}
            name={`Disk ${mountedOn}`}
            used={used}
            total={used + available}
          />
        ))}
      <dl className="facts">
        <dt>Addresses</dt>
        <dd>
          {device.addresses.length === 0
            ? 'none reported'
            : device.addresses.map((address) => (
                <div key={address} className="monospace">
                  {shownText(address)}
                </div>
              ))}
        </dd>
        {device.uptime !== undefined && (
          <>
            <dt>Up for</dt>
            <dd>
              {duration(device.uptime + Math.max(0, now - reportedAt))}
              {device.load !== undefined && `, load ${device.load}`}
            </dd>
          </>
        )}
        {device.temperatures.length > 0 && (
          <>
            <dt>Temperatures</dt>
            <dd>
              {device.temperatures
                .map(({ sensor, celsius }) => `${shownText(sensor)} ${celsius} °C`)
                .join(', ')}
            </dd>
          </>
        )}
        {device.clockProblem !== '' && (
          <>
            <dt>Clock</dt>
            <dd>{device.clockProblem}</dd>
          </>
        )}
        {device.uname !== '' && (
          <>
            <dt>System</dt>
            <dd className="monospace">{shownText(device.uname)}</dd>
          </>
        )}
      </dl>
      <Output command="free" text={device.free} open={memory === undefined} />
      <Output command="df" text={device.df} open={filesystems === undefined} />
    </Stack>
  );
}

function Gauge({ name, used, total }: { name: string; used: number; total: number }) {
  const percent = total > 0 ? Math.min(100, (used / total) * 100) : 0;
  const colour = percent >= 95 ? 'red' : percent >= 85 ? 'orange' : 'cyan';
  const figures = `${binaryBytes(used)} of ${binaryBytes(total)}`;
  return (
    <div>
      <Group justify="space-between" gap="xs" wrap="nowrap" mb={4}>
        <Text size="sm" truncate title={name}>
          {name}
        </Text>
        <Text size="xs" c="dimmed" className="number">
          {figures}, {Math.round(percent)} %
        </Text>
      </Group>
      <Progress value={percent} color={colour} size="sm" aria-label={`${name}: ${figures}`} />
    </div>
  );
}

/** The command's own words, for what the gauges leave out; open when they could not be made. */
function Output({ command, text, open }: { command: string; text: string; open: boolean }) {
  if (text.trim() === '') return null;
  return (
    <details open={open}>
      <Text component="summary" size="sm" c="dimmed">
        Output of {command}
      </Text>
      <pre className="as-written as-columns">{shownText(text)}</pre>
    </details>
  );
}
