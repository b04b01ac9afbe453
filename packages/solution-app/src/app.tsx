import { Text, Title } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { FleetPage } from './fleet/fleet-page.tsx';
import { GatewayPage } from './gateway/gateway-page.tsx';
import { LogInPage } from './log-in/log-in-page.tsx';
import { ErrorBoundary } from './page/error-boundary.tsx';
import { Link, usePath } from './page/navigation.tsx';
import { fleetPath, routeOf } from './page/route.ts';
import { useServices } from './page/services.tsx';
import { Shell } from './page/shell.tsx';

/** The log-in, or the page of the address: after a log-in the address is still the one that was asked for. */
export function App() {
  const { sessions } = useServices();
  const session = useSyncExternalStore(sessions.subscribe, sessions.current);
  const path = usePath();
  if (session === undefined) return <LogInPage />;
  return (
    <Shell username={session.username} key={session.token}>
      <ErrorBoundary what="This page" key={path}>
        <Page path={path} />
      </ErrorBoundary>
    </Shell>
  );
}

function Page({ path }: { path: string }) {
  const route = routeOf(path);
  switch (route.page) {
    case 'fleet':
      return <FleetPage />;
    case 'gateway':
      return <GatewayPage gateway={route.gateway} />;
    case 'unknown':
      return (
        <>
          <Title order={1} size="h3">
            No such page
          </Title>
          <Text mt="sm">
            There is nothing at this address. <Link to={fleetPath}>See all gateways</Link>
          </Text>
        </>
      );
  }
}
