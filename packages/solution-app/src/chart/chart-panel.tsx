import type { DeviceDetail } from '@gateway-engine/platform/admin-api';
import { Button, Group, NativeSelect, SegmentedControl, Text } from '@mantine/core';
import { useState } from 'react';
import type { Gateway } from '../admin-api/admin-api.ts';
import { ApiError } from '../admin-api/api-error.ts';
import { measured } from '../format/quantity.ts';
import { clockTime, relativeTime, timeSeenFrom } from '../format/time.ts';
import { FailureNotice, Nothing } from '../page/notices.tsx';
import { Panel } from '../page/panel.tsx';
import { type ChartPoint, type ChartWindow, summaryOf, windows } from './chart-window.ts';
import { numericResources, resourceToShowFirst } from './numeric-resources.ts';
import { TimeSeries } from './time-series.tsx';
import { useChartWindow } from './use-chart-window.ts';

interface ChartPanelProps {
  readonly gateway: Gateway;
  readonly resources: DeviceDetail['resources'];
}

export function ChartPanel({ gateway, resources }: ChartPanelProps) {
  const [chosen, choose] = useState<string>();
  // Kept once shown: values of other resources that arrive later must not change the chart under the reader's eyes.
  const [first, setFirst] = useState<string>();
  const aliases = numericResources(resources);
  const preferred = first ?? resourceToShowFirst(resources);
  if (first === undefined && preferred !== undefined) setFirst(preferred);
  const alias = chosen ?? preferred;
  if (alias === undefined)
    return (
      <Panel title="Live chart">
        <Nothing>No resource of this gateway has numbers to draw.</Nothing>
      </Panel>
    );
  return (
    <LiveChart
      key={alias}
      gateway={gateway}
      alias={alias}
      chooser={
        <NativeSelect
          size="xs"
          aria-label="Resource"
          value={alias}
          data={aliases.includes(alias) ? aliases : [alias, ...aliases]}
          onChange={(event) => choose(event.currentTarget.value)}
        />
      }
      newest={resources.find((resource) => resource.alias === alias)?.latest?.ts}
    />
  );
}

interface LiveChartProps {
  readonly gateway: Gateway;
  readonly alias: string;
  readonly chooser: React.ReactNode;
  readonly newest: number | undefined;
}

function LiveChart({ gateway, alias, chooser, newest }: LiveChartProps) {
  const [seconds, setSeconds] = useState<number>(windows[0].seconds);
  const [paused, setPaused] = useState(false);
  const [pointed, setPointed] = useState<number>();
  const chart = useChartWindow(gateway, alias, seconds, paused);
  const span = windows.find((window) => window.seconds === seconds)?.label ?? '';
  const chooseWindow = (value: string) => {
    setSeconds(Number(value));
    // Another window has to be asked for, so it cannot be the paused one.
    setPaused(false);
  };
  return (
    <Panel
      title="Live chart"
      aside={
        <Group gap="xs">
          {chooser}
          <SegmentedControl
            size="xs"
            aria-label="Window"
            value={String(seconds)}
            onChange={chooseWindow}
            data={windows.map((window) => ({ value: String(window.seconds), label: window.label }))}
          />
          <Button size="xs" variant="default" w="5.5rem" onClick={() => setPaused(!paused)}>
            {paused ? 'Resume' : 'Pause'}
          </Button>
        </Group>
      }
    >
      {chart.error !== null && !isUnreachable(chart.error) && (
        <FailureNotice error={chart.error} title="The chart is not up to date" />
      )}
      {chart.data === undefined ? (
        <div className="chart" aria-busy="true" />
      ) : (
        <>
          <Readout window={chart.data} pointed={pointed} span={span} newest={newest} />
          <TimeSeries
            window={chart.data}
            seconds={seconds}
            label={`${alias}, last ${span}`}
            point={setPointed}
          />
        </>
      )}
    </Panel>
  );
}

/** Said once for the whole page, above. */
function isUnreachable(error: Error): boolean {
  return error instanceof ApiError && error.code === 'UNREACHABLE';
}

interface ReadoutProps {
  readonly window: ChartWindow;
  readonly pointed: number | undefined;
  readonly span: string;
  readonly newest: number | undefined;
}

/** The value under the pointer or the newest one, and the window's extremes. */
function Readout({ window, pointed, span, newest }: ReadoutProps) {
  const { points, now } = window;
  const point: ChartPoint | undefined = points.find(([ts]) => ts === pointed) ?? points.at(-1);
  const summary = summaryOf(points);
  if (point === undefined || summary === undefined) return <Quiet now={now} span={span} newest={newest} />;
  return (
    <Group justify="space-between" gap="xs" mb={4} mih={28}>
      <Text component="div" size="sm" c="dimmed">
        <Text span fz="xl" fw={600} c="var(--mantine-color-text)" className="number" mr="xs">
          {measured(point[1])}
        </Text>
        at {clockTime(point[0])}
      </Text>
      <Text size="xs" c="dimmed" className="number">
        min {measured(summary.minimum, 4)} · mean {measured(summary.mean, 4)} · max{' '}
        {measured(summary.maximum, 4)}
      </Text>
    </Group>
  );
}

function Quiet({ now, span, newest }: { now: number; span: string; newest: number | undefined }) {
  const words =
    newest === undefined
      ? 'Nothing has been written to this resource yet.'
      : newest > now
        ? `Nothing in the last ${span}; the newest value has a time ahead of the platform’s clock: ${timeSeenFrom(newest, now)}.`
        : `Nothing in the last ${span}; the newest value is of ${timeSeenFrom(newest, now)}, ${relativeTime(newest, now)}.`;
  return (
    <Text size="sm" c="dimmed" mb={4} mih={28}>
      {words}
    </Text>
  );
}
