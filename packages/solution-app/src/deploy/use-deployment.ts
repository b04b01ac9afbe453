import type { DeviceDetail, Value } from '@gateway-engine/platform/admin-api';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { Gateway } from '../admin-api/admin-api.ts';
import { latestOf } from '../gateway/latest.ts';
import { useServices } from '../page/services.tsx';
import { type Deployment, observe } from './deployment.ts';
import { keptDeployment } from './kept-deployment.ts';

type Change = (
  next: Deployment | undefined | ((old: Deployment | undefined) => Deployment | undefined),
) => void;

/** The deployment started from this tab at this gateway; it outlives a reload of the page. */
export function useKeptDeployment(gateway: Gateway): [Deployment | undefined, Change] {
  const key = `gateway-engine.deployment ${gateway.product} ${gateway.sn}`;
  const [deployment, setDeployment] = useState(() => keptDeployment(window.sessionStorage.getItem(key)));
  useEffect(() => {
    if (deployment === undefined) window.sessionStorage.removeItem(key);
    else window.sessionStorage.setItem(key, JSON.stringify(deployment));
  }, [key, deployment]);
  return [deployment, setDeployment];
}

/** How many answers of the gateway are shown and looked through. */
const STATUSES = 20;

/** Reads the newest of `fetch_status` whenever it changes, brings the deployment up to date, and gives them, newest first. */
export function useObservation(
  gateway: Gateway,
  resources: DeviceDetail['resources'],
  deployment: Deployment | undefined,
  change: Change,
): readonly Value[] {
  const { api } = useServices();
  const newest = latestOf(resources);
  const fetchStatus = newest('fetch_status');
  const engineFetch = newest('engine_fetch');
  const engineReport = newest('engine_report');
  const history = useQuery({
    queryKey: ['fetch_status', gateway.product, gateway.sn, fetchStatus?.ts, fetchStatus?.value],
    queryFn: async ({ signal }) => {
      const points = await api.history(gateway, 'fetch_status', { start: 0, limit: STATUSES }, signal);
      return points.map(([ts, value]): Value => ({ ts, value }));
    },
    enabled: fetchStatus !== null,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });
  const statuses = history.data;
  const look = useCallback(
    (old: Deployment | undefined) =>
      old && observe(old, { engineFetch, engineReport, statuses: statuses ?? [] }),
    [engineFetch, engineReport, statuses],
  );
  // A deployment that was just started is looked at as well, hence the dependency.
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  useEffect(() => change(look), [change, look, deployment?.requestedAt]);
  return statuses ?? [];
}
