import { Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Gateway } from '../admin-api/admin-api.ts';
import { ApiError } from '../admin-api/api-error.ts';
import { ChartPanel } from '../chart/chart-panel.tsx';
import { DeployPanel } from '../deploy/deploy-panel.tsx';
import { isUnderWay, startDeployment } from '../deploy/deployment.ts';
import { FetchStatusPanel } from '../deploy/fetch-status-panel.tsx';
import { useKeptDeployment, useObservation } from '../deploy/use-deployment.ts';
import { contactOf } from '../fleet/contact.ts';
import { ContactBadge } from '../fleet/contact-badge.tsx';
import { ErrorBoundary } from '../page/error-boundary.tsx';
import { Link } from '../page/navigation.tsx';
import { FailureNotice } from '../page/notices.tsx';
import { Ago, useNow } from '../page/now.tsx';
import { fleetPath } from '../page/route.ts';
import { useServices } from '../page/services.tsx';
import { ApplicationsPanel } from '../reports/applications-panel.tsx';
import { NetworkPanel } from '../reports/network-panel.tsx';
import { SystemPanel } from '../reports/system-panel.tsx';
import { IdentityPanel } from './identity-panel.tsx';
import { latestOf } from './latest.ts';
import { ValuesPanel } from './values-panel.tsx';

/** A request under way is watched more closely. */
const POLL_MS = 2000;
const WATCH_MS = 1000;

export function GatewayPage({ gateway }: { gateway: Gateway }) {
  const { api } = useServices();
  const [deployment, setDeployment] = useKeptDeployment(gateway);
  const device = useQuery({
    queryKey: ['device', gateway.product, gateway.sn],
    queryFn: ({ signal }) => api.device(gateway, signal),
    refetchInterval: deployment !== undefined && isUnderWay(deployment) ? WATCH_MS : POLL_MS,
  });
  const resources = device.data?.resources ?? [];
  const statuses = useObservation(gateway, resources, deployment, setDeployment);
  const newest = latestOf(resources);

  if (device.data === undefined) {
    if (device.error === null) return <Loader aria-label="Loading the gateway" />;
    return <GatewayMissing gateway={gateway} error={device.error} />;
  }
  return (
    <Stack gap="md">
      <GatewayHeading gateway={gateway} lastContact={device.data.last_contact} />
      {device.error !== null && (
        <FailureNotice error={device.error} title="These values are not up to date" />
      )}
      <div className="gateway">
        <div className="doing">
          <ErrorBoundary what="Live chart">
            <ChartPanel gateway={gateway} resources={resources} />
          </ErrorBoundary>
          <ErrorBoundary what="Applications">
            <ApplicationsPanel report={newest('engine_report')} />
          </ErrorBoundary>
        </div>
        <div className="orders">
          <ErrorBoundary what="Deploy">
            <DeployPanel
              gateway={gateway}
              activated={device.data.status === 'activated'}
              requested={(install, reply) =>
                setDeployment(
                  startDeployment(
                    { install, ...reply },
                    { engineReport: newest('engine_report'), fetchStatus: newest('fetch_status') },
                  ),
                )
              }
            />
          </ErrorBoundary>
          <ErrorBoundary what="Fetch status">
            <FetchStatusPanel
              device={device.data}
              deployment={deployment}
              statuses={statuses}
              dismiss={() => setDeployment(undefined)}
            />
          </ErrorBoundary>
          <ErrorBoundary what="Identity">
            <IdentityPanel device={device.data} engineReport={newest('engine_report')} />
          </ErrorBoundary>
          <ErrorBoundary what="System">
            <SystemPanel report={newest('device_info')} />
          </ErrorBoundary>
        </div>
        <div className="details">
          <ErrorBoundary what="Network use">
            <NetworkPanel report={newest('usage_report')} />
          </ErrorBoundary>
          <ErrorBoundary what="Current values">
            <ValuesPanel resources={resources} />
          </ErrorBoundary>
        </div>
      </div>
    </Stack>
  );
}

function GatewayHeading({ gateway, lastContact }: { gateway: Gateway; lastContact: number | null }) {
  const now = useNow();
  return (
    <div>
      <Group component="nav" aria-label="Where you are" gap={6}>
        <Link to={fleetPath} size="sm">
          Gateways
        </Link>
        <Text span size="sm" c="dimmed" aria-hidden="true">
          /
        </Text>
        <Link to={`${fleetPath}?product=${encodeURIComponent(gateway.product)}`} size="sm">
          {gateway.product}
        </Link>
      </Group>
      <Group gap="sm" mt={2}>
        <Title order={1} size="h3" className="serial-number">
          {gateway.sn}
        </Title>
        <ContactBadge contact={contactOf({ last_contact: lastContact }, now)} size="md" />
        {lastContact !== null && (
          <Text size="sm" c="dimmed">
            last contact <Ago ts={lastContact} />
          </Text>
        )}
      </Group>
    </div>
  );
}

function GatewayMissing({ gateway, error }: { gateway: Gateway; error: Error }) {
  const missing = error instanceof ApiError && error.status === 404;
  const title = missing
    ? `There is no gateway ${gateway.sn} in the product ${gateway.product}`
    : 'The gateway cannot be shown';
  return (
    <Stack gap="md">
      <FailureNotice error={error} title={title} />
      <Text>
        <Link to={fleetPath}>See all gateways</Link>
      </Text>
    </Stack>
  );
}
