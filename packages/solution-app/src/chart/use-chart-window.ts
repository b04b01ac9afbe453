import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { Gateway } from '../admin-api/admin-api.ts';
import { useServices } from '../page/services.tsx';
import { type ChartWindow, nextStart, slide } from './chart-window.ts';

const POLL_MS = 1000;
/** The most the admin API gives at once; a window has one point per second at most. */
const LIMIT = 10_000;

/** The points of the last `seconds`, polled each second for what is new; `paused` keeps what is there. */
export function useChartWindow(gateway: Gateway, alias: string, seconds: number, paused: boolean) {
  const { api } = useServices();
  const queries = useQueryClient();
  const queryKey = ['chart', gateway.product, gateway.sn, alias, seconds];
  return useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<ChartWindow> => {
      const previous = queries.getQueryData<ChartWindow>(queryKey);
      const start = nextStart(previous, api.clock.now(), seconds);
      const arrived = await api.history(gateway, alias, { start, limit: LIMIT }, signal);
      return slide(previous, arrived, start, api.clock.now(), seconds);
    },
    enabled: !paused,
    refetchInterval: POLL_MS,
    structuralSharing: false,
    // Points of a window nobody looks at are of no use when it is shown again.
    gcTime: 60_000,
  });
}
