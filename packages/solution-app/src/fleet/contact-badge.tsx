import { Badge, type MantineSize } from '@mantine/core';
import { type Contact, contactMeaning } from './contact.ts';

const colours: Record<Contact, string> = { online: 'teal', quiet: 'blue', silent: 'orange', never: 'gray' };

export function ContactBadge({ contact, size = 'sm' }: { contact: Contact; size?: MantineSize }) {
  return (
    <Badge
      variant={contact === 'never' ? 'default' : 'light'}
      miw="max-content"
      color={colours[contact]}
      size={size}
      title={contactMeaning[contact]}
    >
      {contact === 'never' ? 'never seen' : contact}
    </Badge>
  );
}
