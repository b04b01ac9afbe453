import type { Device } from '@gateway-engine/platform/admin-api';
import { Button, Table, Text, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { dateTime, relativeTime } from '../format/time.ts';
import { Link } from '../page/navigation.tsx';
import { Nothing } from '../page/notices.tsx';
import { gatewayPath } from '../page/route.ts';
import { contactOf, statusMeaning } from './contact.ts';
import { ContactBadge } from './contact-badge.tsx';
import type { FleetQuery, SortKey } from './fleet-view.ts';

/** Rows put on the page at a time: a fleet may have more than a browser likes to lay out. */
const PAGE = 200;

interface GatewayTableProps {
  readonly devices: readonly Device[];
  readonly now: number;
  readonly query: FleetQuery;
  readonly setQuery: (query: FleetQuery) => void;
}

export function GatewayTable({ devices, now, query, setQuery }: GatewayTableProps) {
  const [limit, setLimit] = useState(PAGE);
  if (devices.length === 0) return <Nothing>No gateway fits the search.</Nothing>;
  const sortBy = (key: SortKey) => {
    // The newest contact first is what the first press on that column means.
    const descending = query.sort === key ? !query.descending : key === 'last_contact';
    setQuery({ ...query, sort: key, descending });
  };
  const heading = (key: SortKey, name: string, narrowHidden = false) => {
    const sorted = query.sort === key;
    const order = query.descending ? 'descending' : 'ascending';
    return (
      <Table.Th aria-sort={sorted ? order : 'none'} {...(narrowHidden ? { visibleFrom: 'sm' } : {})}>
        <UnstyledButton className="sort-button" onClick={() => sortBy(key)}>
          {name}
          <span aria-hidden="true">{sorted ? (query.descending ? ' ↓' : ' ↑') : ''}</span>
        </UnstyledButton>
      </Table.Th>
    );
  };
  return (
    <div className="scrolls">
      <Table aria-label="Gateways" highlightOnHover verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            {heading('sn', 'Serial number')}
            {heading('product', 'Product', true)}
            <Table.Th visibleFrom="sm">Status</Table.Th>
            {heading('last_contact', 'Last contact')}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {devices.slice(0, limit).map((device) => (
            <GatewayRow key={device.rid} device={device} now={now} />
          ))}
        </Table.Tbody>
      </Table>
      {devices.length > limit && (
        <Button variant="default" size="xs" mt="sm" onClick={() => setLimit(limit + PAGE)}>
          Show {Math.min(PAGE, devices.length - limit)} more of {devices.length}
        </Button>
      )}
    </div>
  );
}

/** Only what needs somebody's attention has a colour. */
const statusColour: Record<Device['status'], { c?: string }> = {
  activated: { c: 'dimmed' },
  notactivated: {},
  expired: { c: 'orange' },
  locked: { c: 'orange' },
};

function GatewayRow({ device, now }: { device: Device; now: number }) {
  const contact = contactOf(device, now);
  return (
    <Table.Tr>
      <Table.Td>
        <Link to={gatewayPath(device)} size="sm" fw={500} className="serial-number">
          {device.sn}
        </Link>
      </Table.Td>
      <Table.Td visibleFrom="sm">{device.product}</Table.Td>
      <Table.Td visibleFrom="sm">
        <Text span size="sm" {...statusColour[device.status]}>
          {statusMeaning[device.status]}
        </Text>
      </Table.Td>
      <Table.Td className="last-contact">
        <ContactBadge contact={contact} />
        {device.last_contact !== null && (
          <Text span size="sm" c="dimmed" ml="xs" title={dateTime(device.last_contact)}>
            {relativeTime(device.last_contact, now)}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
