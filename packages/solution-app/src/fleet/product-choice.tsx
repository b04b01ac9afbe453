import type { Device, Product } from '@gateway-engine/platform/admin-api';
import { Text, UnstyledButton } from '@mantine/core';
import { countByContact } from './fleet-view.ts';

interface ProductChoiceProps {
  readonly products: readonly Product[];
  readonly devices: readonly Device[];
  readonly now: number;
  readonly chosen: string | undefined;
  readonly choose: (product: string | undefined) => void;
}

/** The products with their gateways in contact, each a button that narrows the list to it. */
export function ProductChoice({ products, devices, now, chosen, choose }: ProductChoiceProps) {
  const ofProduct = (id: string) => devices.filter(({ product }) => product === id);
  return (
    <>
      <Choice
        name="All products"
        devices={devices}
        now={now}
        pressed={chosen === undefined}
        press={() => choose(undefined)}
      />
      {products.map(({ id }) => (
        <Choice
          key={id}
          name={id}
          devices={ofProduct(id)}
          now={now}
          pressed={chosen === id}
          press={() => choose(id)}
        />
      ))}
    </>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly devices: readonly Device[];
  readonly now: number;
  readonly pressed: boolean;
  readonly press: () => void;
}

function Choice({ name, devices, now, pressed, press }: ChoiceProps) {
  const { online } = countByContact(devices, now);
  return (
    <UnstyledButton className="choice" aria-pressed={pressed} onClick={press}>
      <Text span inherit truncate title={name}>
        {name}
      </Text>
      <Text span size="xs" c="dimmed" className="number">
        {online} of {devices.length} online
      </Text>
    </UnstyledButton>
  );
}
