import { Button, Container, Group, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { Mark } from './mark.tsx';
import { Link } from './navigation.tsx';
import { fleetPath } from './route.ts';
import { useServices } from './services.tsx';

/** What every page has after log-in: the product's name, who is logged in, log out. */
export function Shell({ username, children }: { username: string; children: ReactNode }) {
  const { api, sessions } = useServices();
  const queries = useQueryClient();
  useEffect(() => () => queries.clear(), [queries]);
  const logOut = () => {
    // The token is forgotten here whatever the platform answers; told in vain, it expires by itself.
    api.logOut().catch((error: unknown) => console.warn('The platform was not told of the log-out', error));
    sessions.end('logged out');
  };
  return (
    <>
      <header className="page-header">
        <Container size="xl" h="100%">
          <Group h="100%" justify="space-between" wrap="nowrap">
            <Link to={fleetPath} underline="never" c="inherit" className="brand">
              <Mark size={24} />
              <Text span fw={600}>
                Gateway Engine
              </Text>
            </Link>
            <Group gap="sm" wrap="nowrap">
              <Text size="sm" c="dimmed" truncate maw={160} title={`Logged in as ${username}`}>
                {username}
              </Text>
              <Button size="compact-sm" variant="default" onClick={logOut}>
                Log out
              </Button>
            </Group>
          </Group>
        </Container>
      </header>
      <Container component="main" size="xl" py="md">
        {children}
      </Container>
    </>
  );
}
