import { Alert, Code, Group, SegmentedControl, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQueries, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { counted } from '../format/quantity.ts';
import { FailureNotice, Nothing } from '../page/notices.tsx';
import { useNow } from '../page/now.tsx';
import { Panel } from '../page/panel.tsx';
import { useServices } from '../page/services.tsx';
import type { Contact } from './contact.ts';
import { fleetQueryOf, searchOf } from './fleet-query.ts';
import { countByContact, type FleetQuery, gatewaysShown } from './fleet-view.ts';
import { GatewayTable } from './gateway-table.tsx';
import { ProductChoice } from './product-choice.tsx';

const POLL_MS = 5000;

export function FleetPage() {
  const { api } = useServices();
  const now = useNow(5);
  const [query, setQuery] = useFleetQuery();
  const products = useQuery({
    queryKey: ['products'],
    queryFn: ({ signal }) => api.products(signal),
    refetchInterval: POLL_MS,
  });
  const lists = useQueries({
    queries: (products.data ?? []).map(({ id }) => ({
      queryKey: ['devices', id],
      queryFn: ({ signal }: { signal: AbortSignal }) => api.devices(id, signal),
      refetchInterval: POLL_MS,
    })),
  });
  const devices = lists.flatMap((list) => list.data ?? []);
  const loading = products.isPending || lists.some((list) => list.isPending);
  const failure = products.error ?? lists.find((list) => list.error !== null)?.error;
  const ofProduct = devices.filter(({ product }) => query.product === undefined || product === query.product);
  const shown = gatewaysShown(devices, query, now);

  return (
    <Stack gap="md">
      <Title order={1} size="h3">
        Gateways
      </Title>
      {failure !== undefined && failure !== null && (
        <FailureNotice error={failure} title="The list is not up to date" />
      )}
      {products.data?.length === 0 && <FirstSteps />}
      <div className="fleet">
        <Panel title="Products">
          <ProductChoice
            products={products.data ?? []}
            devices={devices}
            now={now}
            chosen={query.product}
            choose={(product) => setQuery({ ...query, product })}
          />
        </Panel>
        <Panel
          title={query.product ?? 'All gateways'}
          aside={
            <Text size="sm" c="dimmed" role="status">
              {shown.length === ofProduct.length
                ? counted(shown.length, 'gateway')
                : `${shown.length} of ${counted(ofProduct.length, 'gateway')}`}
            </Text>
          }
        >
          <Group mb="sm" gap="sm">
            <TextInput
              type="search"
              aria-label="Search gateways"
              placeholder="Search serial number, product or rid"
              flex="1 1 14rem"
              value={query.search}
              onChange={(event) => setQuery({ ...query, search: event.currentTarget.value })}
            />
            <ContactChoice
              counts={countByContact(ofProduct, now)}
              chosen={query.contact}
              choose={(contact) => setQuery({ ...query, contact })}
            />
          </Group>
          {devices.length === 0 ? (
            <Nothing>{loading ? 'Loading…' : 'No gateway has been added yet.'}</Nothing>
          ) : (
            <GatewayTable devices={shown} now={now} query={query} setQuery={setQuery} />
          )}
        </Panel>
      </div>
    </Stack>
  );
}

function useFleetQuery(): [FleetQuery, (query: FleetQuery) => void] {
  const [query, setQuery] = useState(() => fleetQueryOf(window.location.search));
  const change = useMemo(
    () => (next: FleetQuery) => {
      window.history.replaceState(null, '', `${window.location.pathname}${searchOf(next)}`);
      setQuery(next);
    },
    [],
  );
  return [query, change];
}

interface ContactChoiceProps {
  readonly counts: Record<Contact, number>;
  readonly chosen: Contact | undefined;
  readonly choose: (contact: Contact | undefined) => void;
}

function ContactChoice({ counts, chosen, choose }: ContactChoiceProps) {
  const contacts: Contact[] = ['online', 'quiet', 'silent', 'never'];
  return (
    <SegmentedControl
      size="xs"
      aria-label="Last contact"
      value={chosen ?? 'all'}
      onChange={(value) => choose(contacts.find((contact) => contact === value))}
      data={[
        { value: 'all', label: 'All' },
        ...contacts.map((contact) => ({
          value: contact,
          label: `${contact[0]?.toUpperCase()}${contact.slice(1)} ${counts[contact]}`,
        })),
      ]}
    />
  );
}

function FirstSteps() {
  return (
    <Alert title="No products yet" color="cyan" role="note">
      <Text size="sm">Create one, and add a gateway by its serial number, on the command line:</Text>
      <Code block mt="xs">
        {'gwe-platform product create my-product\ngwe-platform device add my-product 00-11-22-33-44-55'}
      </Code>
    </Alert>
  );
}
