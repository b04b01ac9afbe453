import { Text, type TextProps } from '@mantine/core';
import { useEffect, useState } from 'react';
import { dateTime, machineTime, relativeTime } from '../format/time.ts';
import { useServices } from './services.tsx';

/** The platform's time in seconds, moving on every `period` seconds. */
export function useNow(period = 1): number {
  const { clock } = useServices().api;
  const [now, setNow] = useState(() => clock.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(clock.now()), period * 1000);
    return () => clearInterval(timer);
  }, [clock, period]);
  // A poll may have brought the platform's clock since the last tick.
  return Math.max(now, clock.now());
}

/** How long ago something was, the exact time in its title. */
export function Ago({ ts, ...look }: TextProps & { ts: number }) {
  const now = useNow();
  return (
    <Text component="time" dateTime={machineTime(ts)} title={dateTime(ts)} inherit {...look}>
      {relativeTime(ts, now)}
    </Text>
  );
}
