import { createContext, type ReactNode, useContext } from 'react';
import type { AdminApi } from '../admin-api/admin-api.ts';
import type { SessionKeeper } from '../log-in/session.ts';

/** The parts that main.tsx builds once and every component may need. */
export interface Services {
  readonly api: AdminApi;
  readonly sessions: SessionKeeper;
}

const ServicesContext = createContext<Services | undefined>(undefined);

export function ServicesProvider({ services, children }: { services: Services; children: ReactNode }) {
  return <ServicesContext value={services}>{children}</ServicesContext>;
}

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (services === undefined) throw new Error('useServices needs a ServicesProvider above it');
  return services;
}
