import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { measured } from '../format/quantity.ts';
import { clockTime } from '../format/time.ts';
import { type ChartWindow, columnsOf, lonePoints } from './chart-window.ts';

interface TimeSeriesProps {
  readonly window: ChartWindow;
  readonly seconds: number;
  readonly label: string;
  /** The time under the pointer, undefined when it leaves. */
  readonly point: (ts: number | undefined) => void;
}

/** One line over time, by uPlot. The element carries what it shows as data attributes, for tests and scripts. */
export function TimeSeries({ window: shown, seconds, label, point }: TimeSeriesProps) {
  const element = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const latest = useRef({ shown, seconds, point });
  const scheme = useComputedColorScheme('light');

  useEffect(() => {
    latest.current = { shown, seconds, point };
    plot.current?.setData(columnsOf(shown.points));
  }, [shown, seconds, point]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the colours are read again when the scheme changes
  useEffect(() => {
    const target = element.current;
    if (target === null) return;
    const made = new uPlot(
      optionsFor(target, () => latest.current),
      columnsOf(latest.current.shown.points),
      target,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize(sizeOf(target)));
    resized.observe(target);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [scheme]);

  return (
    <div
      ref={element}
      className="chart"
      role="img"
      aria-label={label}
      data-testid="chart"
      data-points={shown.points.length}
      data-last={shown.points.at(-1)?.[0] ?? ''}
    />
  );
}

interface Latest {
  readonly shown: ChartWindow;
  readonly seconds: number;
  readonly point: (ts: number | undefined) => void;
}

function sizeOf(target: HTMLElement): { width: number; height: number } {
  return { width: Math.max(target.clientWidth, 100), height: Math.max(target.clientHeight, 100) };
}

function optionsFor(target: HTMLElement, latest: () => Latest): uPlot.Options {
  const style = getComputedStyle(target);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const stroke = colour('--mantine-color-dimmed');
  const line = colour('--mantine-primary-color-filled');
  const font = `12px ${style.fontFamily}`;
  const grid = { stroke: colour('--chart-grid'), width: 1 };
  const axis: uPlot.Axis = { stroke, font, grid, ticks: { ...grid, size: 4 } };
  return {
    ...sizeOf(target),
    legend: { show: false },
    // Room for the half of the last time that stands over the right end.
    padding: [8, 28, 0, 0],
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      // The window ends now, not at the newest point: a gateway that has gone quiet is seen to be quiet.
      x: { time: true, range: () => [latest().shown.now - latest().seconds, latest().shown.now] },
    },
    series: [{}, { stroke: line, width: 1.5, points: { size: 5, fill: line, filter: marked } }],
    axes: [
      { ...axis, size: 26, values: (_, splits, __, ___, step) => splits.map((ts) => timeLabel(ts, step)) },
      { ...axis, size: yAxisWidth, values: (_, splits) => splits.map((value) => measured(value)) },
    ],
    hooks: {
      setCursor: [
        (chart) => {
          const index = chart.cursor.idx;
          latest().point(typeof index === 'number' ? chart.data[0][index] : undefined);
        },
      ],
    },
  };
}

function timeLabel(ts: number, step: number): string {
  const time = clockTime(ts);
  return step >= 60 ? time.slice(0, 5) : time;
}

/** As wide as the longest number needs. */
function yAxisWidth(_: uPlot, values: string[] | null): number {
  const longest = Math.max(3, ...(values ?? []).map((value) => value.length));
  return 18 + longest * 7;
}

/** Every point where they are few; else only those that would be lost. */
function marked(chart: uPlot, series: number, show: boolean): number[] | null {
  return show ? null : lonePoints(chart.data[series] ?? []);
}
