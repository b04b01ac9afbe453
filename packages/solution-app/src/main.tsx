import './styles.ts';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { AdminApi } from './admin-api/admin-api.ts';
import { ApiError } from './admin-api/api-error.ts';
import { ServerClock } from './admin-api/server-clock.ts';
import { App } from './app.tsx';
import { SessionKeeper } from './log-in/session.ts';
import { ErrorBoundary } from './page/error-boundary.tsx';
import { ServicesProvider } from './page/services.tsx';
import { theme } from './theme.ts';

const sessions = new SessionKeeper(window.sessionStorage);
const api = new AdminApi({
  clock: new ServerClock(() => Date.now()),
  token: () => sessions.current()?.token,
  sessionEnded: () => sessions.end('refused'),
});
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // Pages poll; an error is shown at once and the next poll is the retry. `online` of the browser says nothing
      // about a platform in the local network.
      retry: (failures, error) => failures < 1 && error instanceof ApiError && error.code === 'UNREACHABLE',
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no element with the id "root"');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <ErrorBoundary what="The page">
        <QueryClientProvider client={queries}>
          <ServicesProvider services={{ api, sessions }}>
            <App />
          </ServicesProvider>
        </QueryClientProvider>
      </ErrorBoundary>
    </MantineProvider>
  </StrictMode>,
);
